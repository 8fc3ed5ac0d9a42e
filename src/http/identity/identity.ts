import { AddressRanges } from '../../domain/address-range.js';
import type { Caller, Credential } from '../../domain/caller.js';
import { Problem } from '../../problems/problem.js';

/** Who asks, and by what that was proved. */
export interface Identity {
  readonly caller: Caller;
  readonly credential: Credential;
}

/** A credential that the configuration lists, and what its use is bound to. */
export interface KnownCredential {
  readonly identity: Identity;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Where it may be used from; absent: everywhere. */
  readonly from?: AddressRanges;
}

export function knownCredential(
  caller: Caller,
  kind: Credential['kind'],
  {
    id,
    expiresAt,
    from,
  }: { readonly id: string; readonly expiresAt?: number; readonly from?: readonly string[] },
): KnownCredential {
  const credential = Object.freeze({ kind, id, ...(expiresAt !== undefined && { expiresAt }) });
  return {
    identity: Object.freeze({ caller, credential }),
    expiresAt: expiresAt ?? Infinity,
    ...(from && { from: new AddressRanges(from) }),
  };
}

/** What a request presents as proof. */
export interface Presented {
  /** The secret itself: to be looked up or verified, never to be kept. */
  readonly text: string;
  /** Whether it came as `Authorization: Bearer`, where tokens come. */
  readonly bearer: boolean;
  /** It came where upstream's clients put their tokens: the gateway's own are taken there only. */
  readonly asUpstream?: true;
}

/** A request that did not prove who sent it. Such attempts are counted by address. */
export class AuthenticationProblem extends Problem {
  /** @param whose the caller who proved to have this credential, which is not enough here: for the records only */
  constructor(
    { status, code, detail, extras, cause }: Problem,
    readonly whose?: Identity,
  ) {
    super(status, code, detail, extras, { cause });
  }
}

/** What is looked at of a request. */
export interface CredentialHeaders {
  readonly headers: {
    readonly authorization?: string | undefined;
    readonly 'x-api-key'?: string | string[] | undefined;
    readonly 'x-auth-token'?: string | string[] | undefined;
    readonly 'idempotency-key'?: string | string[] | undefined;
    readonly 'x-on-behalf-of'?: string | string[] | undefined;
  };
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}
