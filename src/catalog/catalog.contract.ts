import type { ContractOptions } from '../http/document/contract.js';
import { NO_PARAMETERS_PROBLEM } from '../http/parameters.guard.js';
import { EVENT_CLASS_CATALOG, EVENT_TYPE_CATALOG, OPERATION_TYPE_CATALOG } from './catalog.js';
import { CatalogEventClassesDto, CatalogEventTypesDto, CatalogOperationTypesDto } from './catalog.dto.js';

const SHORTENED = 'Shortened to the first few.';

export const LIST_OPERATION_TYPES: ContractOptions = {
  id: 'listOperationTypes',
  answers: {
    200: {
      description: 'The operation types.',
      type: CatalogOperationTypesDto,
      examples: { all: { summary: 'All ten', value: OPERATION_TYPE_CATALOG } },
    },
  },
  problems: [NO_PARAMETERS_PROBLEM],
};

export const LIST_EVENT_TYPES: ContractOptions = {
  id: 'listEventTypes',
  answers: {
    200: {
      description: 'The event types.',
      type: CatalogEventTypesDto,
      examples: {
        some: {
          summary: 'Some of them',
          description: SHORTENED,
          value: { items: EVENT_TYPE_CATALOG.items.slice(0, 7) },
        },
      },
    },
  },
  problems: [NO_PARAMETERS_PROBLEM],
};

export const LIST_EVENT_CLASSES: ContractOptions = {
  id: 'listEventClasses',
  answers: {
    200: {
      description: 'The event classes.',
      type: CatalogEventClassesDto,
      examples: {
        some: {
          summary: 'Some of them',
          description: SHORTENED,
          value: { items: EVENT_CLASS_CATALOG.items.slice(0, 7) },
        },
      },
    },
  },
  problems: [NO_PARAMETERS_PROBLEM],
};
