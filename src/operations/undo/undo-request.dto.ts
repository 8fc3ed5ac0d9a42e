import { RequestSchema, Text } from '../../validation/fields.js';

@RequestSchema('UndoRequest', 'What may be said of an undoing; the body may be left out.')
export class UndoRequestDto {
  @Text(1, 256, {
    optional: true,
    schema: {
      description: 'Why, in your words: kept with the records, and sent upstream as the remark.',
      example: 'SEC-1234: false alarm',
    },
  })
  remark?: string;
}
