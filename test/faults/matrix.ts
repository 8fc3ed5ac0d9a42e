import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ReceiptDto } from '../../src/operations/receipts/receipt.dto.js';
import type { ProjectConfig, UpstreamConfig } from '../../src/config/config.js';
import { isInDoubt, type KnownAlarmOutcome } from '../../src/domain/outcome.js';
import type { OperationType } from '../../src/domain/operation-type.js';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.js';
import { startGateway, type Gateway } from '../../src/start.js';
import type { NamedAlarm, ShownAlarm } from '../support/bulk-alarms.js';
import {
  configFor,
  fetchJson,
  KEY,
  PATIENT,
  projectOf,
  unhurried,
  type JsonAnswer,
} from '../support/gateway.js';
import { eventually } from '../support/problems.js';
import { alarmFor, asAdded, prerequisiteOf } from './alarms.js';

const UPSTREAM = {
  // What ends by itself has all the time that a busy machine takes.
  ...PATIENT,
  maxAttempts: 3,
  connections: 8,
  settleQuietMs: 8_000,
  settleGiveUpMs: 120_000,
};
/** For what ends only with the time of an attempt. */
const HASTY = { deadlineMs: 40_000, attemptTimeoutMs: 4_000 };
/** Too late for an attempt, and well before an unchanged alarm is believed. */
export const LATE_MS = HASTY.attemptTimeoutMs + 500;
/** Of those that have work to do all the time; those that wait for a timeout all wait together. */
const AT_ONCE = 12;
const CALM = 'calm';
/** What is done shows so long afterwards. */
const LISTING_LAG_MS = 400;

/** One operation on an alarm of its own, in a project of its own, with a fault in its way. */
export interface Cell {
  /** Tells it from the others, for whoever reads a failure. */
  readonly name: string;
  readonly operation: OperationType;
  /** Spends its time waiting. */
  readonly waits: boolean;
  /** Nothing but the time of an attempt ends it. */
  readonly timesOut?: boolean;
  /** Makes the fault, and answers what its project differs in. */
  spoil(simulator: Simulator): Promise<Partial<ProjectConfig>>;
}

/** Everything that is claimed of a cell, and what really happened. */
export interface Verdict<C extends Cell = Cell> {
  readonly cell: C;
  readonly answer: Claim;
  /** The receipt at the moment of the answer, and after the outcome was settled. */
  readonly receipt: ReceiptDto;
  readonly settled: ReceiptDto;
  /** How often upstream carried the operation out: when it was answered, and in the end. */
  readonly effectsAtAnswer: number;
  readonly effects: number;
}

/** What an answer says, be it a receipt or a problem. */
export interface Claim {
  readonly status: number;
  readonly outcome: KnownAlarmOutcome;
  readonly code?: string;
  readonly retryable?: boolean;
  readonly retryAfter?: number;
  readonly bytesSent: boolean;
}

/** Runs every cell through a gateway, and answers in their order when all that was unknown is settled. */
export async function runMatrix<C extends Cell>(cells: readonly C[]): Promise<Verdict<C>[]> {
  const hasty = cells.filter(({ timesOut }) => timesOut);
  const patient = cells.filter(({ timesOut }) => !timesOut);
  const verdicts = [
    ...(patient.length > 0 ? await runThrough(patient, UPSTREAM) : []),
    ...(hasty.length > 0 ? await runThrough(hasty, { ...UPSTREAM, ...HASTY }) : []),
  ];
  const byCell = new Map(verdicts.map((verdict) => [verdict.cell, verdict]));
  return cells.map((cell) => byCell.get(cell)!);
}

/** Runs cells through one gateway. */
async function runThrough<C extends Cell>(
  cells: readonly C[],
  upstream: Partial<UpstreamConfig>,
): Promise<Verdict<C>[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hss-gateway-faults-'));
  const simulator = await startSimulator({ alarms: 0, listingLagMs: LISTING_LAG_MS });
  try {
    const spoilt = await Promise.all(
      cells.map(async (cell, index) => ({
        ...projectOf(simulator, projectName(index)),
        ...(await cell.spoil(simulator)),
      })),
    );
    const config = configFor(simulator, folder, {
      upstream,
      callers: [unhurried],
      projects: () => [projectOf(simulator, CALM), ...spoilt],
      shutdown: { drainDelayMs: 0, drainMs: 0 },
    });
    const gateway = await startGateway(config);
    try {
      return await new Matrix(cells, gateway, simulator).run();
    } finally {
      await gateway.close();
    }
  } finally {
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const projectName = (index: number): string => `cell-${index}`;

interface Row<C> {
  readonly cell: C;
  readonly project: string;
  readonly alarm: NamedAlarm;
}

type Answered<C extends Cell> = Omit<Verdict<C>, 'settled' | 'effects'>;

class Matrix<C extends Cell> {
  readonly #rows: readonly Row<C>[];

  constructor(
    cells: readonly C[],
    private readonly gateway: Gateway,
    private readonly simulator: Simulator,
  ) {
    this.#rows = cells.map((cell, index) => ({
      cell,
      project: projectName(index),
      alarm: alarmFor(cell.operation, index),
    }));
  }

  async run(): Promise<Verdict<C>[]> {
    await this.#prepare();
    const verdicts = [];
    for (const each of await this.#actOnAll()) {
      const settled = await eventually(
        () => this.#receipt(each.receipt.id),
        ({ alarms: [alarm] }) => alarm !== undefined && !isInDoubt(alarm.outcome),
      );
      verdicts.push({ ...each, settled });
    }
    const effects = await this.#effects();
    return verdicts.map((each, index) => ({ ...each, effects: effects(this.#rows[index]!) }));
  }

  /** In the order of the rows. */
  async #actOnAll(): Promise<Answered<C>[]> {
    const answered = new Map<Row<C>, Answered<C>>();
    const act = async (row: Row<C>) => answered.set(row, await this.#act(row));
    const waiting = this.#rows.filter(({ cell }) => cell.waits).map(act);
    const working = this.#rows.filter(({ cell }) => !cell.waits);
    const worker = async () => {
      for (let row = working.shift(); row; row = working.shift()) await act(row);
    };
    await Promise.all([...waiting, ...Array.from({ length: AT_ONCE }, worker)]);
    return this.#rows.map((row) => answered.get(row)!);
  }

  /** Alarms on which what is to be taken back was done before. */
  async #prepare(): Promise<void> {
    await this.#control('POST', '/alarms', { alarms: this.#rows.map(({ alarm }) => asAdded(alarm)) });
    const before = new Map<OperationType, NamedAlarm[]>();
    for (const { cell, alarm } of this.#rows) {
      const operation = prerequisiteOf(cell.operation);
      if (operation !== undefined) before.set(operation, [...(before.get(operation) ?? []), alarm]);
    }
    for (const [operation, alarms] of before) {
      const { body } = await this.#operate(operation, alarms, CALM);
      if ((body as ReceiptDto).status !== 'applied')
        throw new Error(`could not prepare: ${JSON.stringify(body)}`);
    }
    // So that no attempt of a cell spends its time on a token.
    for (const { project } of this.#rows) await this.#call('GET', `/v1/alarms?project=${project}&limit=1`);
  }

  async #act(row: Row<C>): Promise<Answered<C>> {
    const { cell, project, alarm } = row;
    const answer = await this.#operate(cell.operation, [alarm], project);
    const effectsAtAnswer = (await this.#effects())(row);
    const { id, operationId = id } = answer.body as { id?: string; operationId?: string };
    if (operationId === undefined) throw new Error(`${cell.name}: no operation in ${answer.text}`);
    return { cell, answer: claimOf(answer), receipt: await this.#receipt(operationId), effectsAtAnswer };
  }

  #operate(operation: OperationType, alarms: readonly NamedAlarm[], project: string): Promise<JsonAnswer> {
    return this.#call('POST', '/v1/operations', { operation, alarms, scope: { project } });
  }

  async #receipt(id: string): Promise<ReceiptDto> {
    return (await this.#call('GET', `/v1/operations/${id}`)).body as ReceiptDto;
  }

  async #effects(): Promise<(row: Row<C>) => number> {
    const { alarms } = (await this.#control('GET', '/state?touched=true')).body as { alarms: ShownAlarm[] };
    const byId = new Map(alarms.map((alarm) => [alarm.eventId, alarm.effects]));
    return ({ cell, alarm }) =>
      (byId.get(alarm.eventId) ?? []).filter(({ operateType }) => operateType === cell.operation).length;
  }

  #call(method: string, path: string, body?: unknown): Promise<JsonAnswer> {
    return fetchJson(method, this.gateway.url + path, body, { key: KEY });
  }

  #control(method: string, path: string, body?: unknown): Promise<JsonAnswer> {
    return fetchJson(method, `${this.simulator.url}/__control${path}`, body, {});
  }
}

/** A receipt tells of its one alarm and its one exchange; a problem says the same in its own words. */
function claimOf({ status, body }: JsonAnswer): Claim {
  if (status === 200) {
    const { alarms, exchanges } = body as ReceiptDto;
    return { status, outcome: alarms[0]!.outcome, bytesSent: exchanges[0]?.bytesSent ?? false };
  }
  return { ...(body as Claim), status };
}
