import { EVENT_CLASSES, EVENT_TYPES } from '../domain/event-catalog.js';
import { OPERATION_TYPE_NAMES, OPERATIONS } from '../domain/operation-type.js';
import type {
  CatalogEventClassesDto,
  CatalogEventTypesDto,
  CatalogOperationTypesDto,
} from './catalog.dto.js';

/** The enumerations, as they are answered; nothing of upstream's is asked for them. */

export const OPERATION_TYPE_CATALOG: CatalogOperationTypesDto = {
  items: OPERATION_TYPE_NAMES.map((name) => {
    const {
      title,
      inverse,
      destructive,
      hidesAlarms,
      isReversal: takesBack,
      requiredDetails,
    } = OPERATIONS[name];
    return { name, title, inverse, destructive, hidesAlarms, takesBack, requiredDetails };
  }),
};

export const EVENT_TYPE_CATALOG: CatalogEventTypesDto = {
  items: [...EVENT_TYPES].map(([code, title]) => ({ code, title })),
};

export const EVENT_CLASS_CATALOG: CatalogEventClassesDto = {
  items: [...EVENT_CLASSES].map(([id, title]) => ({ id, title })),
};
