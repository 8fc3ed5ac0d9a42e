import { randomUUID } from 'node:crypto';
import {
  Body,
  Controller,
  HttpCode,
  Module,
  Post,
  ValidationPipe,
  type INestApplication,
} from '@nestjs/common';
import { PlainForwarder } from './plain-forwarder.js';
import { PlainRequest } from './plain-request.js';

/**
 * The stack that most would write, done well: no authentication, no audit, no receipts to look up, no retries, so that it does
 * less than the gateway. File names avoid the endings that the swagger plugin rewrites: nothing is added to it.
 */
@Controller('v1/operations')
export class PlainController {
  constructor(private readonly forwarder: PlainForwarder) {}

  @Post()
  @HttpCode(200)
  async operate(@Body() request: PlainRequest) {
    const requestedAt = new Date().toISOString();
    await this.forwarder.forward(request);
    return {
      id: randomUUID(),
      operation: request.operation,
      status: 'applied',
      alarms: request.alarms.length,
      requestedAt,
      completedAt: new Date().toISOString(),
    };
  }
}

@Module({ controllers: [PlainController], providers: [PlainForwarder] })
export class PlainModule {}

export async function startPlain(app: INestApplication): Promise<void> {
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true }));
  await app.listen(Number(process.env['PORT']), '127.0.0.1');
}
