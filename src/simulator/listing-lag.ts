import { answerControl } from './control.js';
import type { Answer, ControlRequest, SimulatorRequest } from './exchange.js';
import { dispatch } from './routes.js';
import { SimulatorState, type SimulatorStateOptions } from './state.js';

/** Runs a task after so many milliseconds. */
type Later = (milliseconds: number, task: () => void) => void;

/** What only reads, of the event family (contract 2). */
const isListing = ({ method, path }: SimulatorRequest): boolean =>
  method === 'GET' && path.includes('/event/');

/**
 * The cloud whose listings lag: what changes is done at once, and shows some time later. What is read comes from a copy of the
 * cloud that receives every change that much later.
 */
export class LaggingCloud {
  readonly #copy: SimulatorState;

  constructor(
    readonly state: SimulatorState,
    options: SimulatorStateOptions,
    private readonly lagMs: number,
    private readonly later: Later,
  ) {
    // A credential is good at once.
    this.#copy = Object.assign(new SimulatorState({ ...options, startedAt: state.startedAt }), {
      tokens: state.tokens,
      keys: state.keys,
    });
  }

  /** The real answer to a request, its effect included, and what a listing shows of it in time. */
  dispatch(request: SimulatorRequest): Answer {
    if (isListing(request)) return dispatch(this.#copy, request);
    const answer = dispatch(this.state, request);
    if (request.path.includes('/event/')) this.later(this.lagMs, () => dispatch(this.#copy, request));
    return answer;
  }

  /** What a test sets up shows at once. */
  control(request: ControlRequest): void {
    if (request.method === 'POST' && !request.path.endsWith('faults')) answerControl(this.#copy, request);
  }

  /** The copy, for a test that puts something into the cloud by hand. */
  get shown(): SimulatorState {
    return this.#copy;
  }
}
