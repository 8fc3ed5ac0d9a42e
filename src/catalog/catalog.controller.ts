import { Controller, Get, Module, UseGuards } from '@nestjs/common';

import { Access } from '../http/access.js';
import { OpenApi } from '../http/openapi.decorator.js';
import { NoParametersGuard } from '../http/request-pipes.js';
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
