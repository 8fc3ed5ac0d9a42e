import type { OpenAPIObject } from '@nestjs/swagger';

import type { QueryParameter } from '../compat/calls.js';
import type { Operation } from './prose.js';

interface Schema {
  readonly type?: string;
  readonly items?: object;
  readonly $ref?: string;
}

/** A body, or an answer. */
interface Message {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>;
  /** A success without members comes without a body, too. */
  readonly 'x-body-may-be-absent'?: true;
}

export interface UpstreamParameter {
  readonly name: string;
  readonly in: string;
  readonly description: string;
  readonly required?: boolean;
  readonly schema: object;
}

/** A call as `hss.yaml` has it. */
export interface UpstreamCall {
  readonly query: readonly UpstreamParameter[];
  /** Schema of the body; absent: it has none. */
  readonly body?: object;
  readonly success: {
    readonly status: string;
    readonly description: string;
    /** Absent: upstream may answer with nothing. */
    readonly schema?: object;
  };
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
  call(name: string, method: string, path: string): UpstreamCall {
    const item = this.document.paths[path] as Readonly<Record<string, Operation>> | undefined;
    const operation = item?.[method.toLowerCase()] ?? missing(`${method} ${path}, which is ${name}`);
    const { operationId, parameters = [], requestBody, responses } = operation;
    if (operationId !== name) {
      throw new Error(`hss.yaml calls ${method} ${path} ${operationId}, and the table ${name}`);
    }
    const body = requestBody && jsonOf(this.#resolved(requestBody) as Message);
    return {
      query: parameters
        .map((parameter) => this.#resolved(parameter) as UpstreamParameter)
        .filter((parameter) => parameter.in === 'query'),
      ...(body && { body }),
      success: this.#successOf(name, responses),
    };
  }

  /** A parameter as the table of calls writes it. */
  asListed({ name, required = false, schema }: UpstreamParameter): QueryParameter {
    const whole: Schema = this.#resolved(schema);
    const list = whole.type === 'array';
    const each: Schema = list ? this.#resolved(whole.items ?? {}) : whole;
    const { type = '' } = each;
    return { name, kind: KINDS[type] ?? missing(`kind for parameters of type ${type}`), required, list };
  }

  #successOf(name: string, responses: Operation['responses']): UpstreamCall['success'] {
    const [status, found] = Object.entries(responses).find(([each]) => each.startsWith('2')) ?? [];
    if (status === undefined || !found) return missing(`success of ${name}`);
    const response = this.#resolved(found) as Message;
    const { description } = response;
    if (response['x-body-may-be-absent']) return { status, description };
    return { status, description, schema: jsonOf(response) ?? missing(`schema of what ${name} answers`) };
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

function jsonOf({ content }: Message): object | undefined {
  return content?.['application/json']?.schema;
}

function missing(what: string): never {
  throw new Error(`hss.yaml has no ${what}`);
}
