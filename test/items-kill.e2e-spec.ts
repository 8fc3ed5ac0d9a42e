import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import type { ReceiptDto } from '../src/operations/receipts/receipt.dto.js';
import { SimulatorClient } from '../src/simulator/client.js';
import { startSimulator, type Simulator } from '../src/simulator/simulator.js';
import { KINDS, loginNo, putLogins, putOnList, type Kind, type ListedItem } from './support/list-kinds.js';
import { eventually } from './support/problems.js';
import { newFolder, removeFolder, standGateway, type StandingGateway } from './support/standing-gateway.js';
import { readTrailFile } from './support/trail-file.js';

/** The process dies in the middle of changing a list; the next one finds out what came of it. */

const kindOf = (operation: string): Kind => KINDS.find((each) => each.operation === operation)!;
const DELETION = kindOf('delete_isolated_files');
const REMOVAL = kindOf('remove_login_whitelist_entries');

let folder: string;
let simulator: Simulator;
let cloud: SimulatorClient;
let gateway: StandingGateway;

const start = async (): Promise<void> => {
  gateway = await standGateway({ simulator, folder, upstream: { settleQuietMs: 500 } });
};

beforeAll(async () => {
  folder = newFolder();
  simulator = await startSimulator();
  cloud = new SimulatorClient(simulator);
  await start();
});

afterAll(async () => {
  gateway.signal('SIGKILL');
  await gateway.exited;
  await simulator.close();
  removeFolder(folder);
});

afterEach(() => cloud.control('POST', 'reset'));

async function itemOf(kind: Kind): Promise<ListedItem> {
  await putOnList(simulator, kind);
  const { items } = (await gateway.call('GET', `/v1/${kind.list}`)).body as { items: ListedItem[] };
  return items[0]!;
}

const arrivals = async ({ method, path }: Kind) =>
  (await cloud.requests(path)).filter((request) => request.method === method);

/** Sends it, and kills the process once upstream has received so many acts; the answer does not come. */
async function changeAndDie(kind: Kind, items: readonly object[], acts: number): Promise<void> {
  gateway.call('POST', `/v1/${kind.route}`, { items }).catch(() => undefined);
  await eventually(
    () => arrivals(kind),
    ({ length }) => length >= acts,
  );
  gateway.signal('SIGKILL');
  expect(await gateway.exited).toBe('SIGKILL');
  expect(readTrailFile(folder).broken).toEqual([]);
  await cloud.control('DELETE', 'faults');
  await start();
}

async function settledReceipt(operation: string): Promise<ReceiptDto> {
  const newest = async () => {
    const { body } = await gateway.call('GET', `/v1/operations?operation=${operation}&limit=1&view=full`);
    return (body as { items: ReceiptDto[] }).items[0]!;
  };
  return eventually(newest, ({ status, items = [] }) => {
    return status !== 'pending' && items.every(({ outcome }) => outcome !== 'unknown');
  });
}

describe('kill -9', () => {
  it.each([
    ['that upstream carried out', 'applied', 'applied'],
    ['that upstream never began', 'none', 'rejected'],
  ] as const)('while a deletion is under way %s', async (_, effect, outcome) => {
    const item = await itemOf(DELETION);
    const { method, path } = DELETION;
    await cloud.addFaults({ match: { method, path }, fault: { kind: 'hang', effect } });
    await changeAndDie(DELETION, [item.target], 1);
    const receipt = await settledReceipt(DELETION.operation);
    expect(receipt).toMatchObject({
      interrupted: true,
      items: [{ id: item.id, target: item.target, outcome, verified: true }],
      settlement: { how: 'read_back', settled: true },
    });
    expect(await arrivals(DELETION)).toHaveLength(1);
  });

  it('between two parts leaves the first done, and the rest where it is', async () => {
    const logins = Array.from({ length: 130 }, (_, index) => loginNo(index));
    await putLogins(simulator, logins);
    const { method, path } = REMOVAL;
    await cloud.addFaults({ match: { method, path }, skip: 1, fault: { kind: 'hang', effect: 'none' } });
    await changeAndDie(REMOVAL, logins, 2);
    const { items = [] } = await settledReceipt(REMOVAL.operation);
    expect(items.map(({ outcome }) => outcome)).toEqual(
      logins.map((_, index) => (index < 100 ? 'applied' : 'rejected')),
    );
    // What was found not to be done can be asked for again, and is done once.
    const { body } = await gateway.call('POST', `/v1/${REMOVAL.route}`, { items: logins });
    const again = (body as ReceiptDto).items ?? [];
    expect(again.map(({ outcome }) => outcome)).toEqual(
      logins.map((_, index) => (index < 100 ? 'already' : 'applied')),
    );
    const left = (await gateway.call('GET', '/v1/login-whitelist')).body as { items: ListedItem[] };
    expect(left.items).toEqual([]);
  });
});
