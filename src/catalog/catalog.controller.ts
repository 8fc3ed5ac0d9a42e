import { Controller, Get, Module, UseGuards } from '@nestjs/common';

import { Access } from '../http/access.js';
import { Contract } from '../http/document/contract.js';
import { NoParametersGuard } from '../http/parameters.guard.js';
import { LIST_EVENT_CLASSES, LIST_EVENT_TYPES, LIST_OPERATION_TYPES } from './catalog.contract.js';
import { CatalogEventClassesDto, CatalogEventTypesDto, CatalogOperationTypesDto } from './catalog.dto.js';
import { EVENT_CLASS_CATALOG, EVENT_TYPE_CATALOG, OPERATION_TYPE_CATALOG } from './catalog.js';

@Controller('v1/catalog')
@UseGuards(NoParametersGuard)
export class CatalogController {
  /**
   * List operation types.
   *
   * @remarks
   * What each does, what takes it back, and what an alarm must tell for it. A closed set.
   */
  @Get('operation-types')
  @Access('caller')
  @Contract(LIST_OPERATION_TYPES)
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
  @Contract(LIST_EVENT_TYPES)
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
  @Contract(LIST_EVENT_CLASSES)
  eventClasses(): CatalogEventClassesDto {
    return EVENT_CLASS_CATALOG;
  }
}

@Module({ controllers: [CatalogController] })
export class CatalogModule {}
