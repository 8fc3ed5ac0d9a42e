import { ApiProperty, ApiSchema } from '@nestjs/swagger';

import type { SeenAlarm, SeenHost } from '../../domain/seen-alarm.js';
import { SEVERITIES, type Severity } from '../../domain/upstream-words.js';

@ApiSchema({ name: 'SeenHost', description: 'The host of an alarm, as upstream listed it.' })
class SeenHostDto implements SeenHost {
  /**
   * Host id.
   * @example '5a41ee8f-3c1c-4a3b-a2d6-0f4a1b2c3d4e'
   */
  @ApiProperty()
  id?: string;
  /**
   * Name.
   * @example 'app-server-15'
   */
  @ApiProperty()
  name?: string;
  /**
   * Private IP address.
   * @example '10.20.1.15'
   */
  @ApiProperty()
  privateIp?: string;
  /**
   * Public IP address.
   * @example '198.51.100.15'
   */
  @ApiProperty()
  publicIp?: string;
}

@ApiSchema({
  name: 'SeenAlarm',
  description:
    'What upstream listed of an alarm when it was read, in the names of the listing; what it left out is absent. Texts are one line each, with what looks like a secret masked.',
})
export class SeenAlarmDto implements SeenAlarm {
  /**
   * What happened, in upstream's words.
   * @example 'Rootkit'
   */
  @ApiProperty()
  name?: string;
  /** Threat level. */
  @ApiProperty({ enum: SEVERITIES, example: 'High' })
  severity?: Severity;
  /** Where it happened. */
  host?: SeenHostDto;
  /**
   * Id of the agent on the host; absent also where the alarm's details name several.
   * @example 'c9bed5397db449ebdfba15e85fcfc36accee125c68954daf5cab0528bab59bd8'
   */
  @ApiProperty()
  agentId?: string;
}
