import { ApiProperty } from '@nestjs/swagger';

import { DETAIL_FIELDS, type DetailField, type DetailRule } from '../domain/detail-fields.js';
import { isInt64 } from '../domain/times.js';
import { decorateMember, describeMembers } from './described-members.js';
import { Checked, isText, Text, Whole } from './fields.js';

const FIELDS = Object.entries<DetailField>(DETAIL_FIELDS);

/** Gives a class the fields of a detail object of the internal API, each checked and documented as the table says. */
export function DetailFields(): ClassDecorator {
  return (type) => {
    for (const [name, rule] of FIELDS) decorateMember(type, name, checkOf(rule));
    describe(type);
  };
}

/** The same under upstream's names, with the bounds that upstream declares. */
export function WireDetailFields(): ClassDecorator {
  return (type) => {
    for (const [, { wireName, declared, ...rule }] of FIELDS) {
      decorateMember(type, wireName, checkOf(declared ?? rule));
    }
  };
}

/** The fields of a detail object in an answer: documented, and not checked. */
export function ListedDetailFields(): ClassDecorator {
  return (type) => {
    for (const [name, { kind }] of FIELDS) {
      const either = kind === 'text_or_integer' && { oneOf: [{ type: 'string' }, { type: 'integer' }] };
      if (kind === 'integer') decorateMember(type, name, ApiProperty({ type: 'integer' }));
      else if (either) decorateMember(type, name, ApiProperty(either));
    }
    describe(type);
  };
}

function describe(type: object): void {
  const members = FIELDS.map(([name, { kind, description, example }]) => {
    const of = kind === 'text' ? String : kind === 'integer' ? Number : Object;
    return [name, { required: false, type: () => of, description, example }] as const;
  });
  describeMembers(type, Object.fromEntries(members));
}

function checkOf({ kind, min, max }: DetailRule): PropertyDecorator {
  if (kind === 'text') return Text(min, max, { optional: true });
  if (kind === 'integer') return Whole(min, max, { optional: true });
  const isWhole = (value: unknown) =>
    kind === 'text_or_int64' ? isInt64(value) : Number.isSafeInteger(value) && (value as number) >= 0;
  return Checked(
    'file_attr',
    (value) => isText(value, min, max) || isWhole(value),
    `must be a string of ${min} to ${max} characters or a whole number from 0`,
    {
      oneOf: [
        { type: 'string', minLength: min, maxLength: max },
        { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
      ],
    },
    { optional: true },
  );
}
