import { answerControl, type ControlRequest } from './control/control-routes.js';
import { dispatch } from './dispatch.js';
import type { Answer, SimulatorRequest } from './exchange.js';
import { World, type WorldOptions } from './world.js';

/** Runs a task after so many milliseconds. */
type Later = (milliseconds: number, task: () => void) => void;

/** What only reads, of the event family (contract 2). */
const isListing = ({ method, path }: SimulatorRequest): boolean =>
  method === 'GET' && path.includes('/event/');

/**
 * The cloud whose listings lag: what changes is done at once, and shows some time later. What is read comes from a copy of the
 * cloud that hears of every change that much later.
 */
export class LaggingCloud {
  readonly #copy: World;

  constructor(
    readonly world: World,
    options: WorldOptions,
    private readonly lagMs: number,
    private readonly later: Later,
  ) {
    // A credential is good at once.
    this.#copy = Object.assign(new World({ ...options, startedAt: world.startedAt }), {
      tokens: world.tokens,
      keys: world.keys,
    });
  }

  /** The true answer to a request, its effect included, and what a listing shows of it in time. */
  dispatch(request: SimulatorRequest): Answer {
    if (isListing(request)) return dispatch(this.#copy, request);
    const answer = dispatch(this.world, request);
    if (request.path.includes('/event/')) this.later(this.lagMs, () => dispatch(this.#copy, request));
    return answer;
  }

  /** What a test sets up shows at once. */
  control(request: ControlRequest): void {
    if (request.method === 'POST' && !request.path.endsWith('faults')) answerControl(this.#copy, request);
  }

  /** The copy, for a test that puts something into the cloud by hand. */
  get shown(): World {
    return this.#copy;
  }
}
