import { randomBytes } from 'node:crypto';
import type { WireOperateBody } from '../../src/hss/wire.js';

/** Stands where the changing eight digits of an event id go; no JSON of ours contains it by accident. */
export const MARKER = '########';

/** A whole HTTP request, ready to be written except for its event ids. */
export interface Template {
  readonly bytes: Buffer;
  readonly idOffsets: readonly number[];
}

interface Alarm {
  readonly eventId: string;
  readonly occurTime: number;
  readonly agentId: string;
  readonly processPid: number;
  readonly fileHash: string;
  readonly hash: string;
}

const hex = (digits: number) => randomBytes(digits / 2).toString('hex');
const REMARK = 'Reviewed by SOC shift B, host rebuilt, ticket INC-20871';
const CLASS = 'rootkit_0001';
const TYPE = 1010;
const PATH = '/usr/lib64/libhide.so.1';

function alarm(index: number, idStart: string): Alarm {
  return {
    eventId: `${idStart}-${hex(4)}-4${hex(4).slice(1)}-8${hex(4).slice(1)}-${hex(12)}`,
    occurTime: Date.now() - 3_600_000 - index,
    agentId: hex(64),
    processPid: 20_000 + index,
    fileHash: hex(64),
    hash: hex(64),
  };
}

/** The same request in both dialects: marked as handled by hand, one detail object per alarm (contract 9.1). */
export function makeBodies(count: number, idStart = MARKER): { internal: object; upstream: WireOperateBody } {
  const alarms = Array.from({ length: count }, (_, index) => alarm(index, idStart));
  const shared = { keyword: `file_path=${PATH}`, privateIp: '10.20.1.15', fileAttr: '33261' };
  return {
    internal: {
      operation: 'mark_as_handled',
      remark: REMARK,
      alarms: alarms.map(({ eventId, occurTime, agentId, processPid, fileHash, hash }) => ({
        eventId,
        eventClassId: CLASS,
        eventType: TYPE,
        occurTime,
        details: [{ agentId, processPid, fileHash, filePath: PATH, hash, ...shared }],
      })),
      scope: { project: 'prod', enterpriseProjectId: '0' },
    },
    upstream: {
      operate_type: 'mark_as_handled',
      handler: REMARK,
      operate_event_list: alarms.map(({ eventId, occurTime, agentId, processPid, fileHash, hash }) => ({
        event_class_id: CLASS,
        event_id: eventId,
        event_type: TYPE,
        occur_time: occurTime,
        operate_detail_list: [
          {
            agent_id: agentId,
            process_pid: processPid,
            file_hash: fileHash,
            file_path: PATH,
            file_attr: shared.fileAttr,
            keyword: shared.keyword,
            hash,
            private_ip: shared.privateIp,
          },
        ],
      })),
    },
  };
}

type Headers = Readonly<Record<string, string>>;

export function makeReading(path: string, headers: Headers): Template {
  return { bytes: Buffer.from(head('GET', path, headers)), idOffsets: [] };
}

export function makeActs(path: string, headers: Headers, body: string): Template {
  const own = { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) };
  const bytes = Buffer.from(head('POST', path, { ...own, ...headers }) + body);
  const idOffsets: number[] = [];
  for (let at = bytes.indexOf(MARKER); at !== -1; at = bytes.indexOf(MARKER, at + 1)) idOffsets.push(at);
  return { bytes, idOffsets };
}

function head(method: string, path: string, headers: Headers): string {
  const lines = Object.entries({ Host: '127.0.0.1', ...headers });
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** The two characters of every byte as one 16-bit store: a hundred ids a request must not cost the load core much. */
const HEX_PAIRS = Uint16Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(byte.toString(16).padStart(2, '0')).readUInt16LE(),
);

/**
 * Writes ids that were never sent before into requests built beforehand. They are scattered, as real ids are: counting up
 * would let a store that indexes alarms always append to the same page.
 */
export class FreshIds {
  #count = 0;

  stamp({ bytes, idOffsets }: Template): void {
    for (const offset of idOffsets) {
      const id = scatter(++this.#count);
      bytes.writeUInt16LE(HEX_PAIRS[id >>> 24]!, offset);
      bytes.writeUInt16LE(HEX_PAIRS[(id >>> 16) & 255]!, offset + 2);
      bytes.writeUInt16LE(HEX_PAIRS[(id >>> 8) & 255]!, offset + 4);
      bytes.writeUInt16LE(HEX_PAIRS[id & 255]!, offset + 6);
    }
  }
}

/** MurmurHash3's finalizer: one-to-one on 32 bits, so that different counts give different ids. */
function scatter(count: number): number {
  let bits = Math.imul(count ^ (count >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
