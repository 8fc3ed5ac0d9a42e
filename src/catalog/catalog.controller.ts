import { Controller, Get, Module, UseGuards } from '@nestjs/common';

import { EVENT_CLASSES, EVENT_TYPES } from '../domain/event-catalog.js';
import { OPERATION_TYPE_NAMES, OPERATIONS } from '../domain/operation-type.js';
import { Access } from '../http/auth.hook.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { NoParametersGuard } from '../http/request-pipes.js';
import { CatalogEventClassesDto, CatalogEventTypesDto, CatalogOperationTypesDto } from './catalog.dto.js';

/** The enumerations, as they are answered; nothing of upstream's is asked for them. */

const OPERATION_TYPE_CATALOG: CatalogOperationTypesDto = {
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

const EVENT_TYPE_CATALOG: CatalogEventTypesDto = {
  items: [...EVENT_TYPES].map(([code, title]) => ({ code, title })),
};

const EVENT_CLASS_CATALOG: CatalogEventClassesDto = {
  items: [...EVENT_CLASSES].map(([id, title]) => ({ id, title })),
};

@Controller('v1/catalog')
@UseGuards(NoParametersGuard)
export class CatalogController {
  /**
   * List operation types.
   *
   * @remarks
   * What each does, which one reverses it, and which details it requires of an alarm. A closed set.
   */
  @Get('operation-types')
  @Access('caller')
  @OpenApi('listOperationTypes', { 200: CatalogOperationTypesDto })
  operationTypes(): CatalogOperationTypesDto {
    return OPERATION_TYPE_CATALOG;
  }

  /**
   * List event types.
   *
   * @remarks
   * Those that upstream has published. Its lists lag behind its product: a code that is not here passes as well.
   */
  @Get('event-types')
  @Access('caller')
  @OpenApi('listEventTypes', { 200: CatalogEventTypesDto })
  eventTypes(): CatalogEventTypesDto {
    return EVENT_TYPE_CATALOG;
  }

  /**
   * List event classes.
   *
   * @remarks
   * Those that upstream has published. Its lists lag behind its product: a class that is not here passes as well.
   */
  @Get('event-classes')
  @Access('caller')
  @OpenApi('listEventClasses', { 200: CatalogEventClassesDto })
  eventClasses(): CatalogEventClassesDto {
    return EVENT_CLASS_CATALOG;
  }
}

@Module({ controllers: [CatalogController] })
export class CatalogModule {}
