import type { Rig } from './gateway.js';

export interface Route {
  readonly method: string;
  /** The pattern, parameters as `:name`. */
  readonly path: string;
}

/** Every route of the running application, whoever made it, read from the router itself. */
export function routesOf({ gateway }: Rig): Route[] {
  const tree = gateway.app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
  const above: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent, part, methods] = /^([│ ]*)[├└]── (\S+) \(([^)]+)\)$/.exec(line) ?? [];
    if (indent === undefined || part === undefined || methods === undefined) return [];
    const depth = indent.length / 4;
    above.splice(depth, Infinity, part);
    return methods.split(', ').map((method) => ({ method, path: above.join('') }));
  });
}
