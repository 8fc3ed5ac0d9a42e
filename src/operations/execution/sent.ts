import type { Fault } from '../../domain/outcome.js';
import type { ActCall } from '../../hss/index.js';
import type { ChunkResult } from './checked-sender.js';

/**
 * What sending a chunk came to.
 *
 * - `stopped`: it was not sent, nor will be what comes after it, and why
 * - `halted`: it was not sent, or its fate is not known; the operation goes on from here at the next start
 */
export type SendResult = ChunkResult | { readonly stopped: Fault } | 'halted';

/** Sends one chunk of so many alarms. @param index of the chunk, from 0 */
export type SendChunk = (call: ActCall, alarms: number, index: number) => Promise<SendResult>;
