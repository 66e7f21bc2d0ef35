-- The tables of Dragon's Stash that the worker shares with the web app and the bot.
--
-- Where the app's own migrations have already made them, every statement here finds its object present and does nothing: no row,
-- column, index or trigger of an existing installation is changed (but for "isPremium", which old installations lack).
-- On an empty database the objects get the names that the app's migrations would have given them.
-- Times are "timestamp(3)" in UTC, as the app writes them.

do $$ begin create type "AuthState" as enum ('PENDING', 'AWAITING_CODE', 'AWAITING_PASSWORD', 'AUTHENTICATED', 'EXPIRED');
exception when duplicate_object then null; end $$;
do $$ begin create type "ChannelType" as enum ('SOURCE', 'DESTINATION');
exception when duplicate_object then null; end $$;
do $$ begin create type "ChannelRole" as enum ('READER', 'WRITER');
exception when duplicate_object then null; end $$;
do $$ begin create type "ArchiveType" as enum ('ZIP', 'RAR', 'SEVEN_Z', 'DOCUMENT');
exception when duplicate_object then null; end $$;
do $$ begin create type "IngestionStatus" as enum ('RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED');
exception when duplicate_object then null; end $$;
do $$ begin create type "FetchStatus" as enum ('PENDING', 'IN_PROGRESS', 'COMPLETED', 'FAILED');
exception when duplicate_object then null; end $$;
do $$ begin create type "ExtractStatus" as enum ('PENDING', 'IN_PROGRESS', 'COMPLETED', 'FAILED');
exception when duplicate_object then null; end $$;
do $$ begin create type "SkipReason" as enum ('SIZE_LIMIT', 'DOWNLOAD_FAILED', 'EXTRACT_FAILED', 'UPLOAD_FAILED');
exception when duplicate_object then null; end $$;
do $$ begin
  create type "GroupingSource" as enum
    ('ALBUM', 'MANUAL', 'AUTO_TIME', 'AUTO_PATTERN', 'AUTO_REPLY', 'AUTO_ZIP', 'AUTO_CAPTION');
exception when duplicate_object then null; end $$;
do $$ begin
  create type "NotificationType" as enum
    ('HASH_MISMATCH', 'MISSING_PART', 'UPLOAD_FAILED', 'DOWNLOAD_FAILED', 'GROUPING_CONFLICT', 'INTEGRITY_AUDIT');
exception when duplicate_object then null; end $$;
do $$ begin create type "NotificationSeverity" as enum ('INFO', 'WARNING', 'ERROR');
exception when duplicate_object then null; end $$;
do $$ begin create type "ManualUploadStatus" as enum ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED');
exception when duplicate_object then null; end $$;
do $$ begin create type "BotSendStatus" as enum ('PENDING', 'SENDING', 'SENT', 'FAILED');
exception when duplicate_object then null; end $$;

create table if not exists "telegram_accounts" (
  "id" text not null constraint "telegram_accounts_pkey" primary key,
  "phone" text not null,
  "displayName" text,
  "isActive" boolean not null default true,
  "authState" "AuthState" not null default 'PENDING',
  "authCode" text,
  "isPremium" boolean not null default false,
  "lastSeenAt" timestamp(3),
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null
);
alter table "telegram_accounts" add column if not exists "isPremium" boolean not null default false;
create unique index if not exists "telegram_accounts_phone_key" on "telegram_accounts" ("phone");
create index if not exists "telegram_accounts_isActive_idx" on "telegram_accounts" ("isActive");

create table if not exists "telegram_channels" (
  "id" text not null constraint "telegram_channels_pkey" primary key,
  "telegramId" bigint not null,
  "title" text not null,
  "type" "ChannelType" not null,
  "isForum" boolean not null default false,
  "isActive" boolean not null default false,
  "category" varchar(64),
  "autoGroupEnabled" boolean not null default true,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null
);
create unique index if not exists "telegram_channels_telegramId_key" on "telegram_channels" ("telegramId");
create index if not exists "telegram_channels_type_isActive_idx" on "telegram_channels" ("type", "isActive");
create index if not exists "telegram_channels_category_idx" on "telegram_channels" ("category");

create table if not exists "account_channel_map" (
  "id" text not null constraint "account_channel_map_pkey" primary key,
  "accountId" text not null constraint "account_channel_map_accountId_fkey"
    references "telegram_accounts" ("id") on delete cascade on update cascade,
  "channelId" text not null constraint "account_channel_map_channelId_fkey"
    references "telegram_channels" ("id") on delete cascade on update cascade,
  "role" "ChannelRole" not null default 'READER',
  "lastProcessedMessageId" bigint,
  "createdAt" timestamp(3) not null default current_timestamp
);
create unique index if not exists "account_channel_map_accountId_channelId_key"
  on "account_channel_map" ("accountId", "channelId");
create index if not exists "account_channel_map_accountId_idx" on "account_channel_map" ("accountId");
create index if not exists "account_channel_map_channelId_idx" on "account_channel_map" ("channelId");

create table if not exists "topic_progress" (
  "id" text not null constraint "topic_progress_pkey" primary key,
  "accountChannelMapId" text not null constraint "topic_progress_accountChannelMapId_fkey"
    references "account_channel_map" ("id") on delete cascade on update cascade,
  "topicId" bigint not null,
  "topicName" text,
  "lastProcessedMessageId" bigint
);
create unique index if not exists "topic_progress_accountChannelMapId_topicId_key"
  on "topic_progress" ("accountChannelMapId", "topicId");
create index if not exists "topic_progress_accountChannelMapId_idx" on "topic_progress" ("accountChannelMapId");

create table if not exists "ingestion_runs" (
  "id" text not null constraint "ingestion_runs_pkey" primary key,
  "accountId" text not null constraint "ingestion_runs_accountId_fkey"
    references "telegram_accounts" ("id") on delete restrict on update cascade,
  "status" "IngestionStatus" not null default 'RUNNING',
  "startedAt" timestamp(3) not null default current_timestamp,
  "finishedAt" timestamp(3),
  "messagesScanned" integer not null default 0,
  "zipsFound" integer not null default 0,
  "zipsDuplicate" integer not null default 0,
  "zipsIngested" integer not null default 0,
  "errorMessage" text,
  "currentActivity" text,
  "currentStep" text,
  "currentChannel" text,
  "currentFile" text,
  "currentFileNum" integer,
  "totalFiles" integer,
  "downloadedBytes" bigint,
  "totalBytes" bigint,
  "downloadPercent" integer,
  "lastActivityAt" timestamp(3)
);
create index if not exists "ingestion_runs_accountId_idx" on "ingestion_runs" ("accountId");
create index if not exists "ingestion_runs_status_idx" on "ingestion_runs" ("status");
create index if not exists "ingestion_runs_startedAt_idx" on "ingestion_runs" ("startedAt");

create table if not exists "package_groups" (
  "id" text not null constraint "package_groups_pkey" primary key,
  "name" text not null,
  "mediaAlbumId" text,
  "sourceChannelId" text not null constraint "package_groups_sourceChannelId_fkey"
    references "telegram_channels" ("id") on delete cascade on update cascade,
  "groupingSource" "GroupingSource" not null default 'MANUAL',
  "previewData" bytea,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null
);
create unique index if not exists "package_groups_mediaAlbumId_sourceChannelId_key"
  on "package_groups" ("mediaAlbumId", "sourceChannelId");
create index if not exists "package_groups_sourceChannelId_idx" on "package_groups" ("sourceChannelId");

create table if not exists "packages" (
  "id" text not null constraint "packages_pkey" primary key,
  "contentHash" text not null,
  "fileName" text not null,
  "fileSize" bigint not null,
  "archiveType" "ArchiveType" not null,
  "creator" text,
  "sourceChannelId" text not null constraint "packages_sourceChannelId_fkey"
    references "telegram_channels" ("id") on delete restrict on update cascade,
  "sourceMessageId" bigint not null,
  "sourceTopicId" bigint,
  "destChannelId" text,
  "destMessageId" bigint,
  "destMessageIds" bigint[] default array[]::bigint[],
  "isMultipart" boolean not null default false,
  "partCount" integer not null default 1,
  "fileCount" integer not null default 0,
  "tags" text[] default array[]::text[],
  "sourceCaption" text,
  "replyToMessageId" bigint,
  "previewData" bytea,
  "previewMsgId" bigint,
  "packageGroupId" text constraint "packages_packageGroupId_fkey"
    references "package_groups" ("id") on delete set null on update cascade,
  "ingestionRunId" text constraint "packages_ingestionRunId_fkey"
    references "ingestion_runs" ("id") on delete set null on update cascade,
  "indexedAt" timestamp(3) not null default current_timestamp,
  "createdAt" timestamp(3) not null default current_timestamp,
  "searchVector" tsvector
);
create unique index if not exists "packages_contentHash_key" on "packages" ("contentHash");
create index if not exists "packages_sourceChannelId_idx" on "packages" ("sourceChannelId");
create index if not exists "packages_destChannelId_idx" on "packages" ("destChannelId");
create index if not exists "packages_fileName_idx" on "packages" ("fileName");
create index if not exists "packages_indexedAt_idx" on "packages" ("indexedAt");
create index if not exists "packages_archiveType_idx" on "packages" ("archiveType");
create index if not exists "packages_creator_idx" on "packages" ("creator");
create index if not exists "packages_packageGroupId_idx" on "packages" ("packageGroupId");
create index if not exists "packages_search_vector_idx" on "packages" using gin ("searchVector");

-- The search column is not in the app's schema file: a trigger alone keeps it, and the app and the bot search by it.
do $$ begin
  if not exists (
    select from pg_trigger where tgname = 'packages_search_vector_trigger' and tgrelid = '"packages"'::regclass
  ) then
    create or replace function packages_search_vector_update() returns trigger language plpgsql as $body$
    begin
      new."searchVector" := to_tsvector('english', concat_ws(' ', new."fileName", new."creator", new."sourceCaption"));
      return new;
    end $body$;
    create trigger packages_search_vector_trigger
      before insert or update of "fileName", "creator", "sourceCaption" on "packages"
      for each row execute function packages_search_vector_update();
  end if;
end $$;

create table if not exists "package_files" (
  "id" text not null constraint "package_files_pkey" primary key,
  "packageId" text not null constraint "package_files_packageId_fkey"
    references "packages" ("id") on delete cascade on update cascade,
  "path" text not null,
  "fileName" text not null,
  "extension" text,
  "compressedSize" bigint not null default 0,
  "uncompressedSize" bigint not null default 0,
  "crc32" text
);
create index if not exists "package_files_packageId_idx" on "package_files" ("packageId");
create index if not exists "package_files_extension_idx" on "package_files" ("extension");
create index if not exists "package_files_fileName_idx" on "package_files" ("fileName");

create table if not exists "skipped_packages" (
  "id" text not null constraint "skipped_packages_pkey" primary key,
  "fileName" text not null,
  "fileSize" bigint not null,
  "reason" "SkipReason" not null,
  "errorMessage" text,
  "sourceChannelId" text not null constraint "skipped_packages_sourceChannelId_fkey"
    references "telegram_channels" ("id") on delete cascade on update cascade,
  "sourceMessageId" bigint not null,
  "sourceTopicId" bigint,
  "isMultipart" boolean not null default false,
  "partCount" integer not null default 1,
  "accountId" text not null constraint "skipped_packages_accountId_fkey"
    references "telegram_accounts" ("id") on delete cascade on update cascade,
  "createdAt" timestamp(3) not null default current_timestamp
);
create unique index if not exists "skipped_packages_sourceChannelId_sourceMessageId_key"
  on "skipped_packages" ("sourceChannelId", "sourceMessageId");
create index if not exists "skipped_packages_reason_idx" on "skipped_packages" ("reason");
create index if not exists "skipped_packages_accountId_idx" on "skipped_packages" ("accountId");

create table if not exists "global_settings" (
  "key" varchar(64) not null constraint "global_settings_pkey" primary key,
  "value" text not null,
  "updatedAt" timestamp(3) not null
);

create table if not exists "channel_fetch_requests" (
  "id" text not null constraint "channel_fetch_requests_pkey" primary key,
  "accountId" text not null constraint "channel_fetch_requests_accountId_fkey"
    references "telegram_accounts" ("id") on delete cascade on update cascade,
  "status" "FetchStatus" not null default 'PENDING',
  "resultJson" text,
  "error" text,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null
);
create index if not exists "channel_fetch_requests_accountId_status_idx"
  on "channel_fetch_requests" ("accountId", "status");

create table if not exists "archive_extract_requests" (
  "id" text not null constraint "archive_extract_requests_pkey" primary key,
  "packageId" text not null constraint "archive_extract_requests_packageId_fkey"
    references "packages" ("id") on delete cascade on update cascade,
  "filePath" varchar(1024) not null,
  "status" "ExtractStatus" not null default 'PENDING',
  "imageData" bytea,
  "contentType" varchar(64),
  "error" text,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null
);
create index if not exists "archive_extract_requests_packageId_filePath_idx"
  on "archive_extract_requests" ("packageId", "filePath");
create index if not exists "archive_extract_requests_status_idx" on "archive_extract_requests" ("status");

create table if not exists "system_notifications" (
  "id" text not null constraint "system_notifications_pkey" primary key,
  "type" "NotificationType" not null,
  "severity" "NotificationSeverity" not null default 'INFO',
  "title" text not null,
  "message" text not null,
  "context" jsonb,
  "isRead" boolean not null default false,
  "createdAt" timestamp(3) not null default current_timestamp
);
create index if not exists "system_notifications_isRead_createdAt_idx"
  on "system_notifications" ("isRead", "createdAt");
create index if not exists "system_notifications_type_idx" on "system_notifications" ("type");

create table if not exists "grouping_rules" (
  "id" text not null constraint "grouping_rules_pkey" primary key,
  "sourceChannelId" text not null constraint "grouping_rules_sourceChannelId_fkey"
    references "telegram_channels" ("id") on delete cascade on update cascade,
  "pattern" text not null,
  "signalType" "GroupingSource" not null,
  "confidence" double precision not null default 1.0,
  "createdAt" timestamp(3) not null default current_timestamp,
  "createdByGroupId" text
);
create index if not exists "grouping_rules_sourceChannelId_idx" on "grouping_rules" ("sourceChannelId");

-- "userId" refers to the web app's user table, which the worker neither reads nor makes.
create table if not exists "manual_uploads" (
  "id" text not null constraint "manual_uploads_pkey" primary key,
  "status" "ManualUploadStatus" not null default 'PENDING',
  "groupName" text,
  "userId" text not null,
  "errorMessage" text,
  "createdAt" timestamp(3) not null default current_timestamp,
  "completedAt" timestamp(3)
);
create index if not exists "manual_uploads_status_idx" on "manual_uploads" ("status");

create table if not exists "manual_upload_files" (
  "id" text not null constraint "manual_upload_files_pkey" primary key,
  "uploadId" text not null constraint "manual_upload_files_uploadId_fkey"
    references "manual_uploads" ("id") on delete cascade on update cascade,
  "fileName" text not null,
  "filePath" text not null,
  "fileSize" bigint not null,
  "packageId" text
);
create index if not exists "manual_upload_files_uploadId_idx" on "manual_upload_files" ("uploadId");

-- The bot's delivery queue. It holds packages fast (restrict): a package that was ever sent to somebody cannot be deleted.
create table if not exists "telegram_links" (
  "id" text not null constraint "telegram_links_pkey" primary key,
  "userId" text not null,
  "telegramUserId" bigint not null,
  "telegramName" varchar(128),
  "createdAt" timestamp(3) not null default current_timestamp
);
create unique index if not exists "telegram_links_userId_key" on "telegram_links" ("userId");
create unique index if not exists "telegram_links_telegramUserId_key" on "telegram_links" ("telegramUserId");

create table if not exists "bot_send_requests" (
  "id" text not null constraint "bot_send_requests_pkey" primary key,
  "packageId" text not null constraint "bot_send_requests_packageId_fkey"
    references "packages" ("id") on delete restrict on update cascade,
  "telegramLinkId" text not null constraint "bot_send_requests_telegramLinkId_fkey"
    references "telegram_links" ("id") on delete cascade on update cascade,
  "requestedByUserId" text not null,
  "status" "BotSendStatus" not null default 'PENDING',
  "error" text,
  "createdAt" timestamp(3) not null default current_timestamp,
  "completedAt" timestamp(3)
);
create index if not exists "bot_send_requests_status_idx" on "bot_send_requests" ("status");
create index if not exists "bot_send_requests_telegramLinkId_idx" on "bot_send_requests" ("telegramLinkId");
create index if not exists "bot_send_requests_createdAt_idx" on "bot_send_requests" ("createdAt");
