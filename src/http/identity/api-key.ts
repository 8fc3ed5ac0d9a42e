import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** 62 signs, none of which needs encoding or ends a word: a double click selects the whole key. */
const SIGNS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const ID_LENGTH = 8;
/** 26 signs hold 154 random bits. */
const SECRET_LENGTH = 26;
/** The 32 bits of a CRC-32 need six signs. */
const CHECKSUM_LENGTH = 6;

const SHAPE = /^(hssgw_[a-z0-9-]{1,16}_[0-9A-Za-z]{1,64}_[0-9A-Za-z]+)([0-9A-Za-z]{6})$/;

/** What a key is for, as part of it: which it belongs to can be told from a key that is found somewhere. */
export const KEY_ENVIRONMENT = /^[a-z0-9-]{1,16}$/;

/** A key as it is shown once, and what it is called in records. */
export interface ApiKey {
  readonly id: string;
  /** `hssgw_<environment>_<id>_<secret><checksum>` */
  readonly text: string;
}

/** Makes a new key. @throws Error when the environment is not of `KEY_ENVIRONMENT` */
export function makeApiKey(environment: string): ApiKey {
  if (!KEY_ENVIRONMENT.test(environment)) throw new Error('the environment cannot be part of a key');
  const id = randomSigns(ID_LENGTH);
  const body = `hssgw_${environment}_${id}_${randomSigns(SECRET_LENGTH)}`;
  return { id, text: body + checksumOf(body) };
}

/**
 * Whether a text has a key's shape and a checksum that does not fit: a slip of the hand, not a key that is unknown. The
 * checksum is no secret and proves nothing.
 */
export function isMistyped(text: string): boolean {
  const [, body, checksum] = SHAPE.exec(text) ?? [];
  return body !== undefined && checksumOf(body) !== checksum;
}

function checksumOf(body: string): string {
  let rest = crc32(body);
  let signs = '';
  for (let place = 0; place < CHECKSUM_LENGTH; place += 1) {
    signs = SIGNS.charAt(rest % SIGNS.length) + signs;
    rest = Math.floor(rest / SIGNS.length);
  }
  return signs;
}

function randomSigns(length: number): string {
  return Array.from({ length }, () => SIGNS.charAt(randomInt(SIGNS.length))).join('');
}
