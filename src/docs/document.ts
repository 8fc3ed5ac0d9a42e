import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

import { ProblemDto } from '../http/problem.dto.js';
import { AnswerBuilder, codesAmong } from './answers.js';
import { packageVersion } from './package-version.js';
import {
  readProse,
  type Components,
  type Operation,
  type Parameter,
  type Prose,
  type RouteProse,
} from './prose.js';
import { named, shareParameters, sorted } from './components.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/**
 * The OpenAPI document of the gateway: routes, doc comments and schemas of the controllers, problems of the catalogue, all other
 * words from `openapi/`. The configuration has no part in it, so it is the same for every gateway of a version.
 */
export function documentOf(app: NestFastifyApplication, prose: Prose = readProse()): OpenAPIObject {
  const builder = new DocumentBuilder().setOpenAPIVersion('3.1.0');
  const made = SwaggerModule.createDocument(app, builder.build(), { extraModels: [ProblemDto] });
  const answers = new AnswerBuilder(prose);
  const operations = Object.values(made.paths).flatMap((item) =>
    METHODS.flatMap((method) => item[method] ?? []),
  );
  for (const operation of operations) complete(operation, prose, answers);
  const { info, tags, securitySchemes, headers } = prose.document;
  const parameters = { ...prose.document.parameters };
  shareParameters(operations, parameters);
  return {
    openapi: made.openapi,
    info: { ...info, version: packageVersion() },
    tags,
    paths: made.paths,
    components: {
      securitySchemes,
      parameters,
      headers,
      responses: answers.shared(),
      examples: sorted(answers.examples),
      schemas: sorted(withVariants(made.components?.schemas ?? {})),
    },
  };
}

function complete(operation: Operation, prose: Prose, answers: AnswerBuilder): void {
  const id = operation.operationId ?? '';
  const route = prose.routes[id];
  if (!route) throw new Error(`openapi/routes says nothing of ${id}`);
  const isProtected = (operation.security ?? []).length > 0;
  operation.parameters = [
    ...parametersOf(operation, route.parameters ?? [], prose.document.parameters),
    ...(isProtected ? ['RequestId', 'DeadlineMs', 'OnBehalfOf'] : ['RequestId']).map(named),
  ];
  completeBody(operation, route, answers);
  const of = { id, kind: route.acts ?? (isProtected ? ('reading' as const) : ('health' as const)) };
  const common = isProtected ? ['$key', '$caller', 'internal_error'] : ['internal_error'];
  const codes = answers.codesOf([...(route.problems ?? []), ...common], of.kind);
  // The answers are shared by all routes that read, or act: which problems are this route's, only it can say.
  operation.description += `\n\nProblems: ${codesAmong(codes)}.`;
  const successes = Object.entries(route.answers ?? {}).map(([status, answer]) => [
    status,
    answers.success(answer, schemaOf(operation.responses[status]), of),
  ]);
  operation.responses = Object.assign(
    answers.problems(codes, of),
    Object.fromEntries(successes) as Operation['responses'],
  );
}

function completeBody(operation: Operation, { body }: RouteProse, answers: AnswerBuilder): void {
  if (!body) {
    delete operation.requestBody;
    return;
  }
  const { description, required = true, examples } = body;
  const schema = schemaOf(operation.requestBody);
  const content = {
    'application/json': { schema, examples: answers.references(examples, operation.operationId ?? '') },
  };
  operation.requestBody = { description, required, content } as NonNullable<Operation['requestBody']>;
}

/** The schema that the framework found for a body or an answer in JSON. */
function schemaOf(part: unknown): object | undefined {
  const { content } = (part ?? {}) as { content?: Record<string, { schema?: object }> };
  return content?.['application/json']?.schema;
}

/** Query parameters that the classes of a route declare; where a parameter is described in words too, only these. */
function parametersOf(
  operation: Operation,
  described: readonly (string | Parameter)[],
  shared: Components['parameters'] = {},
): Parameter[] {
  const names = new Set(
    described.map((parameter) => {
      const whole = typeof parameter === 'string' ? shared[parameter] : parameter;
      return whole && 'name' in whole ? whole.name : undefined;
    }),
  );
  const declared = (operation.parameters ?? []).filter(
    (parameter) => 'in' in parameter && parameter.in === 'query' && !names.has(parameter.name),
  );
  return [
    ...declared.map(withQuietExample),
    ...described.map((parameter) => (typeof parameter === 'string' ? named(parameter) : parameter)),
  ];
}

/**
 * A parameter whose example is an example only. Swagger UI fills in what stands under `example` at once: a filter that nobody
 * asked for would hide what is there, and an id that nobody has would find nothing.
 */
function withQuietExample(parameter: Parameter): Parameter {
  if ('$ref' in parameter) return parameter;
  const { required, ...rest } = parameter;
  const { example, ...schema } = { ...parameter.schema } as { example?: unknown };
  const examples = example !== undefined && { examples: [example] };
  return { ...rest, ...(required && { required }), schema: { ...schema, ...examples } };
}

/** Schemas of which others are narrower forms: the same fields, more of them required or of a narrower class. */
const WIDER = ['Alarm', 'AlarmDetail'];

/** Writes what a narrower form shares with its wider one once, in the wider one. */
function withVariants(schemas: Readonly<Record<string, object>>): Record<string, object> {
  const namesOf = (schema: object | undefined) =>
    Object.keys((schema as Schema | undefined)?.properties ?? {}).join();
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const wider = WIDER.find((each) => each !== name && namesOf(schemas[each]) === namesOf(schema));
      return [name, wider === undefined ? schema : narrower(schema, wider, schemas[wider] as Schema)];
    }),
  );
}

interface Schema {
  readonly properties?: Readonly<Record<string, object>>;
  readonly description?: string;
  readonly required?: readonly string[];
}

function narrower({ description, properties = {}, required }: Schema, name: string, wider: Schema): object {
  const own = Object.entries(properties).filter(
    ([field, schema]) => JSON.stringify(schema) !== JSON.stringify(wider.properties?.[field]),
  );
  return {
    description,
    allOf: [{ $ref: `#/components/schemas/${name}` }],
    ...(own.length > 0 && { properties: Object.fromEntries(own) }),
    ...(required && { required }),
  };
}
