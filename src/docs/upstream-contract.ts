import type { OpenAPIObject } from '@nestjs/swagger';

import type { QueryParameter } from '../compat/calls.js';
import type { Operation, Response } from './prose.js';

interface Schema {
  readonly type?: string;
  readonly items?: object;
  readonly $ref?: string;
}

/** A parameter of upstream's, references followed. */
export interface UpstreamParameter {
  readonly name: string;
  readonly in: string;
  readonly description: string;
  readonly required?: boolean;
  readonly schema: object;
}

const KINDS: Readonly<Record<string, QueryParameter['kind']>> = {
  string: 'text',
  integer: 'whole',
  boolean: 'flag',
};

/** `openapi/hss.yaml`, to look calls up in. */
export class UpstreamContract {
  constructor(private readonly document: OpenAPIObject) {}

  /** @throws Error where it has no such call, or another one there */
  operation(name: string, method: string, path: string): Operation {
    const item = this.document.paths[path] as Record<string, Operation> | undefined;
    const operation = item?.[method.toLowerCase()];
    if (!operation) throw new Error(`hss.yaml has no ${method} ${path}, which is ${name}`);
    const { operationId } = operation;
    if (operationId !== name)
      throw new Error(`hss.yaml calls ${method} ${path} ${operationId}, and the table ${name}`);
    return operation;
  }

  queryOf({ parameters = [] }: Operation): UpstreamParameter[] {
    return parameters
      .map((parameter) => this.#resolved(parameter) as UpstreamParameter)
      .filter((parameter) => parameter.in === 'query');
  }

  /** The answer when all goes well. */
  successOf({ responses }: Operation): { readonly status: string; readonly response: Response } {
    const [status, response] =
      Object.entries(responses).find(([each]) => each.startsWith('2')) ?? missing('success');
    return { status, response: this.#resolved(response ?? missing('success')) as Response };
  }

  /** A parameter as the table of calls writes it. */
  asListed({ name, required = false, schema }: UpstreamParameter): QueryParameter {
    const whole: Schema = this.#resolved(schema);
    const list = whole.type === 'array';
    const each: Schema = list ? this.#resolved(whole.items ?? {}) : whole;
    const { type = '' } = each;
    return { name, kind: KINDS[type] ?? missing(`kind for parameters of type ${type}`), required, list };
  }

  #resolved(part: object): object {
    const { $ref } = part as Schema;
    if ($ref === undefined) return part;
    const found = $ref
      .split('/')
      .slice(1)
      .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], this.document);
    return this.#resolved((found as object | undefined) ?? missing($ref));
  }
}

function missing(what: string): never {
  throw new Error(`hss.yaml has no ${what}`);
}
