-- The tables of the web app that a worker has to do with, as its own migrations leave them: facts about its database, written
-- down from the catalogue of one. Columns stand in the order in which the migrations added them.

create type "ArchiveType" as enum ('ZIP', 'RAR', 'SEVEN_Z', 'DOCUMENT');
create type "AuthState" as enum ('PENDING', 'AWAITING_CODE', 'AWAITING_PASSWORD', 'AUTHENTICATED', 'EXPIRED');
create type "BotSendStatus" as enum ('PENDING', 'SENDING', 'SENT', 'FAILED');
create type "ChannelRole" as enum ('READER', 'WRITER');
create type "ChannelType" as enum ('SOURCE', 'DESTINATION');
create type "DeliveryStatus" as enum ('NOT_DELIVERED', 'PARTIAL', 'DELIVERED');
create type "ExtractStatus" as enum ('PENDING', 'IN_PROGRESS', 'COMPLETED', 'FAILED');
create type "FetchStatus" as enum ('PENDING', 'IN_PROGRESS', 'COMPLETED', 'FAILED');
create type "GroupingSource" as enum ('ALBUM', 'MANUAL', 'AUTO_TIME', 'AUTO_PATTERN', 'AUTO_REPLY', 'AUTO_ZIP', 'AUTO_CAPTION');
create type "IngestionStatus" as enum ('RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED');
create type "ManualUploadStatus" as enum ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED');
create type "NotificationSeverity" as enum ('INFO', 'WARNING', 'ERROR');
create type "NotificationType" as enum ('HASH_MISMATCH', 'MISSING_PART', 'UPLOAD_FAILED', 'DOWNLOAD_FAILED', 'GROUPING_CONFLICT', 'INTEGRITY_AUDIT');
create type "PaymentStatus" as enum ('PAID', 'UNPAID');
create type "Role" as enum ('ADMIN', 'USER');
create type "SkipReason" as enum ('SIZE_LIMIT', 'DOWNLOAD_FAILED', 'EXTRACT_FAILED', 'UPLOAD_FAILED');

create table "User" (
  "id" text not null,
  "name" text,
  "email" text,
  "emailVerified" timestamp(3),
  "image" text,
  "hashedPassword" text,
  "role" "Role" not null default 'ADMIN',
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  "usedInviteId" text,
  constraint "User_pkey" primary key ("id")
);
create unique index "User_email_key" on "User" ("email");

create table "telegram_accounts" (
  "id" text not null,
  "phone" text not null,
  "displayName" text,
  "isActive" boolean not null default true,
  "authState" "AuthState" not null default 'PENDING',
  "authCode" text,
  "lastSeenAt" timestamp(3),
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  "isPremium" boolean not null default false,
  constraint "telegram_accounts_pkey" primary key ("id")
);
create index "telegram_accounts_isActive_idx" on "telegram_accounts" ("isActive");
create unique index "telegram_accounts_phone_key" on "telegram_accounts" ("phone");

create table "telegram_channels" (
  "id" text not null,
  "telegramId" bigint not null,
  "title" text not null,
  "type" "ChannelType" not null,
  "isActive" boolean not null default false,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  "isForum" boolean not null default false,
  "category" varchar(64),
  "autoGroupEnabled" boolean not null default true,
  constraint "telegram_channels_pkey" primary key ("id")
);
create index "telegram_channels_category_idx" on "telegram_channels" ("category");
create unique index "telegram_channels_telegramId_key" on "telegram_channels" ("telegramId");
create index "telegram_channels_type_isActive_idx" on "telegram_channels" ("type", "isActive");

create table "account_channel_map" (
  "id" text not null,
  "accountId" text not null,
  "channelId" text not null,
  "role" "ChannelRole" not null default 'READER',
  "lastProcessedMessageId" bigint,
  "createdAt" timestamp(3) not null default current_timestamp,
  constraint "account_channel_map_pkey" primary key ("id")
);
create unique index "account_channel_map_accountId_channelId_key" on "account_channel_map" ("accountId", "channelId");
create index "account_channel_map_accountId_idx" on "account_channel_map" ("accountId");
create index "account_channel_map_channelId_idx" on "account_channel_map" ("channelId");

create table "topic_progress" (
  "id" text not null,
  "accountChannelMapId" text not null,
  "topicId" bigint not null,
  "topicName" text,
  "lastProcessedMessageId" bigint,
  constraint "topic_progress_pkey" primary key ("id")
);
create index "topic_progress_accountChannelMapId_idx" on "topic_progress" ("accountChannelMapId");
create unique index "topic_progress_accountChannelMapId_topicId_key" on "topic_progress" ("accountChannelMapId", "topicId");

create table "ingestion_runs" (
  "id" text not null,
  "accountId" text not null,
  "status" "IngestionStatus" not null default 'RUNNING',
  "startedAt" timestamp(3) not null default current_timestamp,
  "finishedAt" timestamp(3),
  "messagesScanned" integer not null default 0,
  "zipsFound" integer not null default 0,
  "zipsDuplicate" integer not null default 0,
  "zipsIngested" integer not null default 0,
  "errorMessage" text,
  "currentActivity" text,
  "currentChannel" text,
  "currentFile" text,
  "currentFileNum" integer,
  "currentStep" text,
  "downloadPercent" integer,
  "downloadedBytes" bigint,
  "lastActivityAt" timestamp(3),
  "totalBytes" bigint,
  "totalFiles" integer,
  constraint "ingestion_runs_pkey" primary key ("id")
);
create index "ingestion_runs_accountId_idx" on "ingestion_runs" ("accountId");
create index "ingestion_runs_startedAt_idx" on "ingestion_runs" ("startedAt");
create index "ingestion_runs_status_idx" on "ingestion_runs" ("status");

create table "package_groups" (
  "id" text not null,
  "name" text not null,
  "mediaAlbumId" text,
  "sourceChannelId" text not null,
  "previewData" bytea,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  "groupingSource" "GroupingSource" not null default 'MANUAL',
  constraint "package_groups_pkey" primary key ("id")
);
create unique index "package_groups_mediaAlbumId_sourceChannelId_key" on "package_groups" ("mediaAlbumId", "sourceChannelId");
create index "package_groups_sourceChannelId_idx" on "package_groups" ("sourceChannelId");

create table "packages" (
  "id" text not null,
  "contentHash" text not null,
  "fileName" text not null,
  "fileSize" bigint not null,
  "archiveType" "ArchiveType" not null,
  "sourceChannelId" text not null,
  "sourceMessageId" bigint not null,
  "destChannelId" text,
  "destMessageId" bigint,
  "isMultipart" boolean not null default false,
  "partCount" integer not null default 1,
  "fileCount" integer not null default 0,
  "indexedAt" timestamp(3) not null default current_timestamp,
  "createdAt" timestamp(3) not null default current_timestamp,
  "ingestionRunId" text,
  "previewData" bytea,
  "previewMsgId" bigint,
  "creator" text,
  "sourceTopicId" bigint,
  "tags" text[] not null default '{}',
  "packageGroupId" text,
  "destMessageIds" bigint[] default array[]::bigint[],
  "sourceCaption" text,
  "replyToMessageId" bigint,
  "searchVector" tsvector,
  constraint "packages_pkey" primary key ("id")
);
create index "packages_archiveType_idx" on "packages" ("archiveType");
create unique index "packages_contentHash_key" on "packages" ("contentHash");
create index "packages_creator_idx" on "packages" ("creator");
create index "packages_destChannelId_idx" on "packages" ("destChannelId");
create index "packages_fileName_idx" on "packages" ("fileName");
create index "packages_indexedAt_idx" on "packages" ("indexedAt");
create index "packages_packageGroupId_idx" on "packages" ("packageGroupId");
create index "packages_search_vector_idx" on "packages" using gin ("searchVector");
create index "packages_sourceChannelId_idx" on "packages" ("sourceChannelId");

create table "package_files" (
  "id" text not null,
  "packageId" text not null,
  "path" text not null,
  "fileName" text not null,
  "extension" text,
  "compressedSize" bigint not null default 0,
  "uncompressedSize" bigint not null default 0,
  "crc32" text,
  constraint "package_files_pkey" primary key ("id")
);
create index "package_files_extension_idx" on "package_files" ("extension");
create index "package_files_fileName_idx" on "package_files" ("fileName");
create index "package_files_packageId_idx" on "package_files" ("packageId");

create table "skipped_packages" (
  "id" text not null,
  "fileName" text not null,
  "fileSize" bigint not null,
  "reason" "SkipReason" not null,
  "errorMessage" text,
  "sourceChannelId" text not null,
  "sourceMessageId" bigint not null,
  "sourceTopicId" bigint,
  "isMultipart" boolean not null default false,
  "partCount" integer not null default 1,
  "accountId" text not null,
  "createdAt" timestamp(3) not null default current_timestamp,
  constraint "skipped_packages_pkey" primary key ("id")
);
create index "skipped_packages_accountId_idx" on "skipped_packages" ("accountId");
create index "skipped_packages_reason_idx" on "skipped_packages" ("reason");
create unique index "skipped_packages_sourceChannelId_sourceMessageId_key" on "skipped_packages" ("sourceChannelId", "sourceMessageId");

create table "global_settings" (
  "key" varchar(64) not null,
  "value" text not null,
  "updatedAt" timestamp(3) not null,
  constraint "global_settings_pkey" primary key ("key")
);

create table "channel_fetch_requests" (
  "id" text not null,
  "accountId" text not null,
  "status" "FetchStatus" not null default 'PENDING',
  "resultJson" text,
  "error" text,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "channel_fetch_requests_pkey" primary key ("id")
);
create index "channel_fetch_requests_accountId_status_idx" on "channel_fetch_requests" ("accountId", "status");

create table "archive_extract_requests" (
  "id" text not null,
  "packageId" text not null,
  "filePath" varchar(1024) not null,
  "status" "ExtractStatus" not null default 'PENDING',
  "imageData" bytea,
  "contentType" varchar(64),
  "error" text,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "archive_extract_requests_pkey" primary key ("id")
);
create index "archive_extract_requests_packageId_filePath_idx" on "archive_extract_requests" ("packageId", "filePath");
create index "archive_extract_requests_status_idx" on "archive_extract_requests" ("status");

create table "system_notifications" (
  "id" text not null,
  "type" "NotificationType" not null,
  "severity" "NotificationSeverity" not null default 'INFO',
  "title" text not null,
  "message" text not null,
  "context" jsonb,
  "isRead" boolean not null default false,
  "createdAt" timestamp(3) not null default current_timestamp,
  constraint "system_notifications_pkey" primary key ("id")
);
create index "system_notifications_isRead_createdAt_idx" on "system_notifications" ("isRead", "createdAt");
create index "system_notifications_type_idx" on "system_notifications" ("type");

create table "grouping_rules" (
  "id" text not null,
  "sourceChannelId" text not null,
  "pattern" text not null,
  "signalType" "GroupingSource" not null,
  "confidence" double precision not null default 1.0,
  "createdAt" timestamp(3) not null default current_timestamp,
  "createdByGroupId" text,
  constraint "grouping_rules_pkey" primary key ("id")
);
create index "grouping_rules_sourceChannelId_idx" on "grouping_rules" ("sourceChannelId");

create table "manual_uploads" (
  "id" text not null,
  "status" "ManualUploadStatus" not null default 'PENDING',
  "groupName" text,
  "userId" text not null,
  "errorMessage" text,
  "createdAt" timestamp(3) not null default current_timestamp,
  "completedAt" timestamp(3),
  constraint "manual_uploads_pkey" primary key ("id")
);
create index "manual_uploads_status_idx" on "manual_uploads" ("status");

create table "manual_upload_files" (
  "id" text not null,
  "uploadId" text not null,
  "fileName" text not null,
  "filePath" text not null,
  "fileSize" bigint not null,
  "packageId" text,
  constraint "manual_upload_files_pkey" primary key ("id")
);
create index "manual_upload_files_uploadId_idx" on "manual_upload_files" ("uploadId");

create table "telegram_links" (
  "id" text not null,
  "userId" text not null,
  "telegramUserId" bigint not null,
  "telegramName" varchar(128),
  "createdAt" timestamp(3) not null default current_timestamp,
  constraint "telegram_links_pkey" primary key ("id")
);
create unique index "telegram_links_telegramUserId_key" on "telegram_links" ("telegramUserId");
create unique index "telegram_links_userId_key" on "telegram_links" ("userId");

create table "bot_send_requests" (
  "id" text not null,
  "packageId" text not null,
  "telegramLinkId" text not null,
  "requestedByUserId" text not null,
  "status" "BotSendStatus" not null default 'PENDING',
  "error" text,
  "createdAt" timestamp(3) not null default current_timestamp,
  "completedAt" timestamp(3),
  constraint "bot_send_requests_pkey" primary key ("id")
);
create index "bot_send_requests_createdAt_idx" on "bot_send_requests" ("createdAt");
create index "bot_send_requests_status_idx" on "bot_send_requests" ("status");
create index "bot_send_requests_telegramLinkId_idx" on "bot_send_requests" ("telegramLinkId");

create table "bot_subscriptions" (
  "id" text not null,
  "telegramUserId" bigint not null,
  "pattern" varchar(256) not null,
  "createdAt" timestamp(3) not null default current_timestamp,
  constraint "bot_subscriptions_pkey" primary key ("id")
);
create index "bot_subscriptions_telegramUserId_idx" on "bot_subscriptions" ("telegramUserId");
create unique index "bot_subscriptions_telegramUserId_pattern_key" on "bot_subscriptions" ("telegramUserId", "pattern");

create table "kickstarter_hosts" (
  "id" text not null,
  "name" text not null,
  "createdAt" timestamp(3) not null default current_timestamp,
  constraint "kickstarter_hosts_pkey" primary key ("id")
);
create unique index "kickstarter_hosts_name_key" on "kickstarter_hosts" ("name");

create table "kickstarters" (
  "id" text not null,
  "name" text not null,
  "link" text,
  "filesUrl" text,
  "deliveryStatus" "DeliveryStatus" not null default 'NOT_DELIVERED',
  "paymentStatus" "PaymentStatus" not null default 'UNPAID',
  "notes" text,
  "hostId" text,
  "userId" text not null,
  "createdAt" timestamp(3) not null default current_timestamp,
  "updatedAt" timestamp(3) not null,
  constraint "kickstarters_pkey" primary key ("id")
);
create index "kickstarters_deliveryStatus_idx" on "kickstarters" ("deliveryStatus");
create index "kickstarters_hostId_idx" on "kickstarters" ("hostId");
create index "kickstarters_paymentStatus_idx" on "kickstarters" ("paymentStatus");
create index "kickstarters_userId_idx" on "kickstarters" ("userId");

create table "kickstarter_packages" (
  "kickstarterId" text not null,
  "packageId" text not null,
  constraint "kickstarter_packages_pkey" primary key ("kickstarterId", "packageId")
);

alter table "account_channel_map" add constraint "account_channel_map_accountId_fkey"
  foreign key ("accountId") references "telegram_accounts" ("id") on update cascade on delete cascade;
alter table "account_channel_map" add constraint "account_channel_map_channelId_fkey"
  foreign key ("channelId") references "telegram_channels" ("id") on update cascade on delete cascade;
alter table "archive_extract_requests" add constraint "archive_extract_requests_packageId_fkey"
  foreign key ("packageId") references "packages" ("id") on update cascade on delete cascade;
alter table "bot_send_requests" add constraint "bot_send_requests_packageId_fkey"
  foreign key ("packageId") references "packages" ("id") on update cascade on delete restrict;
alter table "bot_send_requests" add constraint "bot_send_requests_telegramLinkId_fkey"
  foreign key ("telegramLinkId") references "telegram_links" ("id") on update cascade on delete cascade;
alter table "channel_fetch_requests" add constraint "channel_fetch_requests_accountId_fkey"
  foreign key ("accountId") references "telegram_accounts" ("id") on update cascade on delete cascade;
alter table "grouping_rules" add constraint "grouping_rules_sourceChannelId_fkey"
  foreign key ("sourceChannelId") references "telegram_channels" ("id") on update cascade on delete cascade;
alter table "ingestion_runs" add constraint "ingestion_runs_accountId_fkey"
  foreign key ("accountId") references "telegram_accounts" ("id") on update cascade on delete restrict;
alter table "kickstarter_packages" add constraint "kickstarter_packages_kickstarterId_fkey"
  foreign key ("kickstarterId") references "kickstarters" ("id") on update cascade on delete cascade;
alter table "kickstarter_packages" add constraint "kickstarter_packages_packageId_fkey"
  foreign key ("packageId") references "packages" ("id") on update cascade on delete cascade;
alter table "kickstarters" add constraint "kickstarters_hostId_fkey"
  foreign key ("hostId") references "kickstarter_hosts" ("id") on update cascade on delete set null;
alter table "kickstarters" add constraint "kickstarters_userId_fkey"
  foreign key ("userId") references "User" ("id") on update cascade on delete cascade;
alter table "manual_upload_files" add constraint "manual_upload_files_uploadId_fkey"
  foreign key ("uploadId") references "manual_uploads" ("id") on update cascade on delete cascade;
alter table "manual_uploads" add constraint "manual_uploads_userId_fkey"
  foreign key ("userId") references "User" ("id") on update cascade on delete restrict;
alter table "package_files" add constraint "package_files_packageId_fkey"
  foreign key ("packageId") references "packages" ("id") on update cascade on delete cascade;
alter table "package_groups" add constraint "package_groups_sourceChannelId_fkey"
  foreign key ("sourceChannelId") references "telegram_channels" ("id") on update cascade on delete cascade;
alter table "packages" add constraint "packages_ingestionRunId_fkey"
  foreign key ("ingestionRunId") references "ingestion_runs" ("id") on update cascade on delete set null;
alter table "packages" add constraint "packages_packageGroupId_fkey"
  foreign key ("packageGroupId") references "package_groups" ("id") on update cascade on delete set null;
alter table "packages" add constraint "packages_sourceChannelId_fkey"
  foreign key ("sourceChannelId") references "telegram_channels" ("id") on update cascade on delete restrict;
alter table "skipped_packages" add constraint "skipped_packages_accountId_fkey"
  foreign key ("accountId") references "telegram_accounts" ("id") on update cascade on delete cascade;
alter table "skipped_packages" add constraint "skipped_packages_sourceChannelId_fkey"
  foreign key ("sourceChannelId") references "telegram_channels" ("id") on update cascade on delete cascade;
alter table "telegram_links" add constraint "telegram_links_userId_fkey"
  foreign key ("userId") references "User" ("id") on update cascade on delete cascade;
alter table "topic_progress" add constraint "topic_progress_accountChannelMapId_fkey"
  foreign key ("accountChannelMapId") references "account_channel_map" ("id") on update cascade on delete cascade;

create function packages_search_vector_update() returns trigger language plpgsql as $$
begin
  new."searchVector" := to_tsvector('english', concat_ws(' ', new."fileName", new."creator", new."sourceCaption"));
  return new;
end $$;
create trigger packages_search_vector_trigger before insert or update of "fileName", "creator", "sourceCaption" on "packages"
  for each row execute function packages_search_vector_update();

-- What the app's migrations leave about themselves.
create table "_prisma_migrations" (
  "id" varchar(36) not null primary key,
  "checksum" varchar(64) not null,
  "finished_at" timestamptz,
  "migration_name" varchar(255) not null,
  "logs" text,
  "rolled_back_at" timestamptz,
  "started_at" timestamptz not null default now(),
  "applied_steps_count" integer not null default 0
);
insert into "_prisma_migrations" ("id", "checksum", "finished_at", "migration_name", "applied_steps_count")
select gen_random_uuid()::text, encode(sha256(n::bytea), 'hex'), now(), n, 1
from unnest(array[
  '20260218082620_init',
  '20260219074341_add_supply_tables',
  '20260219074408_add_supply_tables',
  '20260224084446_add_telegram_models',
  '20260224092159_add_live_activity_tracking',
  '20260224095311_add_package_preview',
  '20260224141558_drop_account_api_credentials',
  '20260224143824_add_forum_topics_and_creator',
  '20260225095116_channel_fetch_and_global_dest',
  '20260303200000_add_telegram_bot',
  '20260304200000_make_all_users_admin',
  '20260305200000_default_channels_disabled',
  '20260321140000_add_invite_codes',
  '20260321180000_add_archive_types',
  '20260321190000_add_channel_category',
  '20260322000000_add_extract_requests_and_invite_user',
  '20260323000000_add_package_tags',
  '20260323010000_add_kickstarters',
  '20260324000000_add_skipped_packages',
  '20260325212128_add_package_groups',
  '20260326120000_add_dest_message_ids',
  '20260330120000_grouping_and_notifications',
  '20260330130000_add_caption_and_reply_to',
  '20260330140000_grouping_rules_and_flags',
  '20260330150000_manual_uploads',
  '20260502000000_add_is_premium_to_telegram_account'
]) as n;

insert into "User" ("id", "name", "email", "updatedAt") values ('user1', 'Owner', 'owner@example.org', '2026-02-01');
