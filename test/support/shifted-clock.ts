/**
 * Loaded before the gateway's own code (`node --import`), in its threads too: sets the wall clock ahead by CLOCK_AHEAD_MS. The
 * gateway has no setting for it, because it is one that nobody should have.
 */
const ahead = Number(process.env['CLOCK_AHEAD_MS']);
if (!Number.isSafeInteger(ahead)) throw new Error('CLOCK_AHEAD_MS is not set');

const TrueDate = Date;

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, given, newTarget) =>
    Reflect.construct(target, given.length > 0 ? given : [TrueDate.now() + ahead], newTarget) as Date,
  get: (target, name, receiver) =>
    name === 'now' ? () => TrueDate.now() + ahead : (Reflect.get(target, name, receiver) as unknown),
});
Object.defineProperty(performance, 'timeOrigin', { value: performance.timeOrigin + ahead });
