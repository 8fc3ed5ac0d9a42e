import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';

const OPERATION_TYPES = [
  'mark_as_handled',
  'unhandle',
  'ignore',
  'do_not_ignore',
  'add_to_alarm_whitelist',
  'remove_from_alarm_whitelist',
  'add_to_login_whitelist',
  'remove_from_login_whitelist',
  'isolate_and_kill',
  'do_not_isolate_or_kill',
];

export class PlainDetail {
  @IsOptional() @IsString() @Length(1, 64) agentId?: string;
  @IsOptional() @IsInt() @Min(0) @Max(2_147_483_647) processPid?: number;
  @IsOptional() @IsString() @Length(1, 256) fileHash?: string;
  @IsOptional() @IsString() @Length(1, 256) filePath?: string;
  @IsOptional() @IsString() @Length(1, 256) fileAttr?: string;
  @IsOptional() @IsString() @Length(1, 256) keyword?: string;
  @IsOptional() @IsString() @Length(1, 256) hash?: string;
  @IsOptional() @IsString() @Length(1, 128) privateIp?: string;
  @IsOptional() @IsString() @Length(1, 256) loginIp?: string;
  @IsOptional() @IsString() @Length(1, 256) loginUserName?: string;
  @IsOptional() @IsString() containerId?: string;
  @IsOptional() @IsString() containerName?: string;
}

export class PlainAlarm {
  @IsString() @Length(1, 64) eventId!: string;
  @IsString() @Length(1, 64) eventClassId!: string;
  @IsInt() eventType!: number;
  @IsInt() @Min(0) occurTime!: number;

  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => PlainDetail)
  details!: PlainDetail[];
}

export class PlainScope {
  @IsOptional() @IsString() project?: string;
  @IsOptional() @IsString() @Length(1, 256) enterpriseProjectId?: string;
}

export class PlainRequest {
  @IsIn(OPERATION_TYPES) operation!: string;
  @IsOptional() @IsString() @Length(1, 256) remark?: string;

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => PlainAlarm)
  alarms!: PlainAlarm[];

  @IsOptional() @ValidateNested() @Type(() => PlainScope) scope?: PlainScope;
}
