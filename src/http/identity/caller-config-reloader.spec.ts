import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { AccessConfig, CallerConfig, Config } from '../../config/config.js';
import { CallerConfigReloader } from './caller-config-reloader.js';
import type { CallerDirectory } from './caller-directory.js';
import { StoppedClock } from './identity.fixture.js';

/** Runs what is scheduled one by one, and adds up the time that would have passed. */
class SteppedClock extends StoppedClock {
  #next: { milliseconds: number; task: () => void } | undefined;
  #scheduled: () => void = () => undefined;

  override schedule(milliseconds?: number, task?: () => void): () => void {
    if (milliseconds !== undefined && task) this.#next = { milliseconds, task };
    this.#scheduled();
    return () => {
      this.#next = undefined;
    };
  }

  get idle(): boolean {
    return this.#next === undefined;
  }

  /** Runs the next task, until it has scheduled the one after it. */
  async step(): Promise<void> {
    const next = this.#next;
    if (!next) throw new Error('nothing is scheduled');
    const done = new Promise<void>((resolve) => (this.#scheduled = resolve));
    this.pass(next.milliseconds);
    next.task();
    await done;
  }
}

const DIGEST = 'ab'.repeat(32);
const GRANTS = 'grants: [{ operations: ["*"], projects: ["*"], enterpriseProjects: ["*"] }]';
const callerOf = (id: string) => `  - { id: ${id}, keys: [{ sha256: ${DIGEST} }], ${GRANTS} }\n`;
const textOf = (...ids: string[]) =>
  `callers:\n${ids
    .map(callerOf)
    .join('')
    .replaceAll(DIGEST, () => digest())}`;

let digests = 0;
const digest = () => (digests += 1).toString(16).padStart(64, '0');

let folder: string;
let file: string;
let clock: SteppedClock;
let follower: CallerConfigReloader;
let replaced: AccessConfig[];
let told: string[];

function follow(more: Partial<Config> = {}): void {
  const config = { file, callers: [], projects: new Map(), demo: false, ...more } as unknown as Config;
  const directory = {
    replace: (access: AccessConfig) => replaced.push(access),
  } as unknown as CallerDirectory;
  follower = new CallerConfigReloader(config, directory, clock);
  follower.onApplicationBootstrap();
}

const idsOf = (access: AccessConfig | undefined) => access?.callers.map(({ id }) => id);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hss-gateway-test-'));
  file = join(folder, 'gateway.yaml');
  clock = new SteppedClock();
  replaced = [];
  told = [];
  const tell = (...words: unknown[]) => void told.push(JSON.stringify(words));
  Logger.overrideLogger({ log: tell, warn: tell, error: tell });
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  Logger.overrideLogger(false);
});

describe('callers that are read again', () => {
  it('are in force within a second of the change, whenever it falls', async () => {
    writeFileSync(file, textOf('one', 'two'));
    follow();
    while (replaced.length < 1) await clock.step();
    const changedAt = clock.now();
    writeFileSync(file, textOf('two'));
    while (replaced.length < 2) await clock.step();
    expect(idsOf(replaced.at(-1))).toEqual(['two']);
    expect(clock.now() - changedAt).toBeLessThan(1_000);
  });

  it('are logged by id: who came, who changed, who went', async () => {
    writeFileSync(file, textOf('stays', 'goes'));
    follow();
    while (replaced.length < 1) await clock.step();
    writeFileSync(file, textOf('stays', 'comes'));
    while (replaced.length < 2) await clock.step();
    expect(told.at(-1)).toContain('"added":["comes"],"changed":["stays"],"removed":["goes"]');
  });

  it('stay, and what is wrong is logged once and without its value, when the file is wrong', async () => {
    writeFileSync(file, textOf('one').replace('id: one', 'id: "planted secret"'));
    follow();
    for (let look = 0; look < 6; look += 1) await clock.step();
    expect(replaced).toEqual([]);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('callers[0].id');
    expect(told[0]).not.toContain('planted');
  });

  it('stay, and that is logged once and not at the first look, when the file is away; then it is followed on', async () => {
    follow();
    for (let look = 0; look < 7; look += 1) await clock.step();
    expect(told).toEqual([]);
    for (let look = 0; look < 20; look += 1) await clock.step();
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('ENOENT');
    writeFileSync(file, textOf('one'));
    while (replaced.length < 1) await clock.step();
    expect(idsOf(replaced[0])).toEqual(['one']);
  });

  it('are not replaced by the same ones', async () => {
    const text = textOf('one');
    writeFileSync(file, text);
    follow();
    while (replaced.length < 1) await clock.step();
    writeFileSync(file, `# a remark\n${text}`);
    for (let look = 0; look < 4; look += 1) await clock.step();
    expect(replaced).toHaveLength(1);
  });

  it('keep the caller of the demo, which is in no file', async () => {
    const demoCaller: CallerConfig = { id: 'demo', keys: [{ sha256: DIGEST }], grants: [] };
    writeFileSync(file, textOf('one'));
    follow({ demo: true, demoCaller });
    while (replaced.length < 1) await clock.step();
    expect(idsOf(replaced[0])).toEqual(['one', 'demo']);
  });

  it('are not looked for when there is no file, nor after the end', async () => {
    follow({ file: undefined as never });
    expect(clock.idle).toBe(true);
    writeFileSync(file, textOf('one'));
    follow();
    await clock.step();
    follower.beforeApplicationShutdown();
    expect(clock.idle).toBe(true);
  });
});
