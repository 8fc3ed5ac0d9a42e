import { expect } from '@jest/globals';

import type {
  CheckpointDto,
  CheckpointPageDto,
  ConsistencyDto,
  ProofDto,
} from '../../src/evidence/proof.dto.js';
import type { Rig } from './gateway.js';
import { leadsTo, leafHash, openCheckpoint, rootByPath, type OpenedCheckpoint } from './tlog.js';

type Caller = Pick<Rig, 'call'>;

/** All parts of an operation's proof. */
export async function proofOf({ call }: Caller, operationId: string): Promise<ProofDto[]> {
  const parts: ProofDto[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const answer = await call('GET', `/v1/operations/${operationId}/proof${cursor && `?cursor=${cursor}`}`);
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
    const part = answer.body as ProofDto;
    parts.push(part);
    cursor = part.nextCursor;
  }
  return parts;
}

/** The checkpoint of a proof, after everything that the proof says was checked without the gateway. */
export function provedBy({ publicKeys, origin, checkpoint, records }: ProofDto): OpenedCheckpoint {
  const [key = ''] = publicKeys;
  const opened = openCheckpoint(checkpoint, key);
  expect(opened.origin).toBe(origin);
  for (const { sequence, record, leafHash: hash, path } of records) {
    const leaf = leafHash(record);
    expect(hash).toBe(leaf.toString('base64'));
    expect(rootByPath(sequence - 1, opened.size, leaf, path)).toEqual(opened.root);
  }
  return opened;
}

/** Every checkpoint there is, oldest first, and the newest key. */
export async function checkpointsOf({ call }: Caller): Promise<{ key: string; notes: CheckpointDto[] }> {
  const notes: CheckpointDto[] = [];
  let key = '';
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const answer = await call('GET', `/v1/audit/checkpoints?limit=7${cursor && `&cursor=${cursor}`}`);
    expect(answer.status).toBe(200);
    const page = answer.body as CheckpointPageDto;
    notes.push(...page.items);
    key = page.publicKeys[0] ?? '';
    cursor = page.nextCursor;
  }
  return { key, notes: notes.reverse() };
}

/** Fails where the gateway cannot show that one checkpoint is the beginning of a later one. */
export async function expectConsistent(
  { call }: Caller,
  key: string,
  from: CheckpointDto,
  to: CheckpointDto,
): Promise<void> {
  const answer = await call('GET', `/v1/audit/checkpoints/consistency?from=${from.size}&to=${to.size}`);
  expect(answer.status).toBe(200);
  const proof = answer.body as ConsistencyDto;
  // A witness may have cosigned them since.
  expect([proof.from.size, proof.to.size]).toEqual([from.size, to.size]);
  expect(leadsTo(openCheckpoint(from.note, key), openCheckpoint(to.note, key), proof.path)).toBe(true);
}
