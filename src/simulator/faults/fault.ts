import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { theContract } from '../contract/contract.js';
import { integer, oneOf, text, type Typed } from '../contract/schema.js';
import type { Answer } from '../exchange.js';
import { namesBeyond, type JsonObject } from '../json.js';
import { LISTING_SHAPES, errorAnswer, htmlPage, misshapen, padded, throttled } from './answers.js';
import { closeLate, endless, inSlices, resetConnection, sendNormally, truncate } from './deliveries.js';

type Parameters = Readonly<Record<string, Typed<unknown>>>;
type Stated<P> = { readonly [Name in keyof P]: P[Name] extends Typed<infer Value> ? Value : never };
type Of<P extends Parameters, R extends keyof P> = Pick<Stated<P>, R> & Partial<Omit<Stated<P>, R>>;

interface Kind<P extends Parameters, R extends keyof P> {
  readonly parameters?: P;
  readonly required?: readonly R[];
  /** Whether its answer says that nothing was done. */
  readonly refuses?: (fault: Of<P, R>) => boolean;
  /** What it makes of the real answer; absent: nothing. */
  readonly answer?: (fault: Of<P, R>, answer: Answer, requestId: string) => Answer;
  /** How it sends the answer; absent: like any other. */
  readonly deliver?: (
    socket: Socket,
    answer: Answer,
    fault: Of<P, R>,
    signal: AbortSignal,
  ) => Promise<void> | void;
}

const kind = <P extends Parameters = Record<never, Typed<unknown>>, R extends keyof P = never>(
  described: Kind<P, R>,
): Kind<P, R> => described;

const MILLISECONDS = integer(0, 3_600_000);
const STATUS = integer(200, 599);
const HEADERS: Typed<Readonly<Record<string, string>>> = {
  type: 'object',
  additionalProperties: { type: 'string' },
};
const refuses = (): boolean => true;

/** What every fault may state. */
const COMMON = {
  /** Wait this long after the effect (or its absence) and before the first byte of the answer. */
  delayMs: MILLISECONDS,
  /** What the request did, independent of its answer; `first`: only what it asks for its first alarm. */
  effect: oneOf('applied', 'first', 'none'),
  /** The effect comes this long after the answer was decided on: upstream's back end continues after its front end gave up. */
  effectAfterMs: MILLISECONDS,
};

const KINDS = {
  /** Another answer than the real one. */
  status: kind({
    parameters: {
      status: STATUS,
      /** Makes the body in the shape that goes with the code: `HSS.*`, `APIGW.*`/`APIG.*`, `IAM.*`, or HSS's short form. */
      errorCode: text(1, 64),
      errorMsg: text(0, 4096),
      /** Raw body, instead of one made from the code. */
      body: text(0, 1 << 24),
      contentType: text(1, 256),
      headers: HEADERS,
    },
    required: ['status'],
    refuses,
    answer: ({ status, body, headers = {}, ...fault }, _, requestId) => {
      if (body === undefined && fault.errorCode !== undefined)
        return errorAnswer(requestId, status, fault.errorCode, fault.errorMsg, headers);
      const type = fault.contentType ?? (body === undefined ? undefined : 'application/json');
      const own = type === undefined ? {} : { 'Content-Type': type };
      return { status, headers: { ...own, ...headers }, body: body ?? '' };
    },
  }),
  /** `before_body`: the request body is never read; `before_effect`: read, nothing done; `after_effect`: all done, not a byte answered. */
  reset: kind({
    parameters: { when: oneOf('before_body', 'before_effect', 'after_effect') },
    required: ['when'],
    refuses: ({ when }) => when !== 'after_effect',
    deliver: resetConnection,
  }),
  throttle: kind({
    parameters: { retryAfter: text(0, 256) },
    refuses,
    answer: ({ retryAfter }, _, requestId) => throttled(retryAfter, requestId),
  }),
  html: kind({
    parameters: { status: STATUS },
    refuses,
    answer: ({ status = 502 }) => htmlPage(status),
  }),
  error_in_200: kind({
    parameters: { errorCode: text(1, 64) },
    refuses,
    answer: ({ errorCode = 'HSS.0010' }, _, requestId) => errorAnswer(requestId, 200, errorCode),
  }),
  listing: kind({
    parameters: { shape: oneOf(...LISTING_SHAPES) },
    required: ['shape'],
    answer: ({ shape }, answer) => misshapen(answer, shape),
  }),
  delay: kind({ parameters: { delayMs: MILLISECONDS }, required: ['delayMs'] }),
  /** `content-length` promises more than is sent, then the connection closes. */
  truncate: kind({
    answer: (_, answer) =>
      answer.body === '' ? { ...answer, body: '{"error_code":"0","error_msg":""}' } : answer,
    deliver: truncate,
  }),
  /** The answer, status line included, in slices. */
  slow: kind({
    parameters: { sliceBytes: integer(1, 1 << 20), everyMs: MILLISECONDS },
    required: ['sliceBytes', 'everyMs'],
    deliver: inSlices,
  }),
  hang: kind({ refuses, deliver: () => undefined }),
  /** A body that ends with the connection, and the connection ends late. */
  slow_close: kind({
    parameters: { closeAfterMs: MILLISECONDS },
    required: ['closeAfterMs'],
    deliver: closeLate,
  }),
  endless: kind({ deliver: endless }),
  large_headers: kind({
    parameters: { bytes: integer(1, 1 << 20) },
    answer: ({ bytes = 20_000 }, answer) => padded(answer, bytes),
  }),
};

type KindName = keyof typeof KINDS;
type Described<K> = K extends Kind<infer P, infer R> ? Of<P, R> : never;

/** A fault as a control request states it. */
export type Fault = {
  [Name in KindName]: Partial<Stated<typeof COMMON>> & { readonly kind: Name } & Described<
      (typeof KINDS)[Name]
    >;
}[KindName];

/** Its entry, which takes its parameters. */
const kindOf = (fault: Fault) => KINDS[fault.kind] as Kind<Parameters, string>;

type EffectChoice = Exclude<Fault['effect'], undefined>;

const EFFECTS = ['effect', 'effectAfterMs'];

/** What is wrong with a fault as a control request states it. A misspelt name is wrong: a fault that never acts hides. */
export function faultProblems(fault: JsonObject): string[] {
  const { kind: name, when } = fault;
  if (typeof name !== 'string' || !Object.hasOwn(KINDS, name))
    return [`kind is none of ${Object.keys(KINDS).join(', ')}`];
  const { parameters, required = [] } = kindOf({ kind: name } as Fault);
  const properties = { kind: text(1, 32), ...COMMON, ...parameters };
  const isEffectless = name === 'reset' && when !== 'after_effect';
  const idle = EFFECTS.filter((each) => isEffectless && Object.hasOwn(fault, each));
  return [
    ...namesBeyond(properties, fault).map((each) => `${name} has no ${each}`),
    ...idle.map((each) => `a reset ${String(when)} has no effect, so no ${each}`),
    ...theContract().problemsOf({ properties, required }, fault),
  ];
}

/** Answers that say "refused" have no effect and answers that only travel badly have one, unless a rule says otherwise. */
export function effectOf(fault: Fault | undefined): EffectChoice {
  if (fault === undefined) return 'applied';
  const isRefusal = kindOf(fault).refuses?.(fault) === true && fault.effectAfterMs === undefined;
  return fault.effect ?? (isRefusal ? 'none' : 'applied');
}

export function faultyAnswer(fault: Fault | undefined, answer: Answer, requestId: string): Answer {
  return (fault && kindOf(fault).answer?.(fault, answer, requestId)) ?? answer;
}

/** Sends the answer the way the fault wants it sent; resolves when there is nothing more to do. */
export async function deliver(
  response: ServerResponse,
  socket: Socket,
  answer: Answer,
  fault: Fault | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (fault?.delayMs) await sleep(fault.delayMs, undefined, { signal });
  if (socket.destroyed) return;
  const send = fault && kindOf(fault).deliver;
  if (send) await send(socket, answer, fault, signal);
  else sendNormally(response, answer);
}
