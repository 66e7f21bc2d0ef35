-- A library of many years, in the tables of a migrated, empty database. How large it is: the settings stash.packages and
-- stash.files. One account in twenty reads each of a hundred sources; sets are settled but for a few.

insert into "telegram_accounts" ("id", "phone", "displayName", "isActive", "authState", "isPremium", "updatedAt")
select 'account' || n, '1555' || n, 'Account ' || n, true, 'AUTHENTICATED', n % 2 = 0, now() from generate_series(1, 20) n;

insert into "telegram_channels" ("id", "telegramId", "title", "type", "isActive", "category", "updatedAt")
select 'source' || n, -1001000000000 - n, 'Source ' || n, 'SOURCE', true, case when n % 2 = 0 then 'Miniatures' end, now()
from generate_series(1, 100) n;
insert into "telegram_channels" ("id", "telegramId", "title", "type", "isActive", "updatedAt")
values ('library', -1002000000001, 'Library', 'DESTINATION', true, now());
insert into "global_settings" ("key", "value", "updatedAt") values ('destination_channel_id', 'library', now());

insert into "account_channel_map" ("id", "accountId", "channelId", "role", "lastProcessedMessageId")
select 'map' || a || '-' || c, 'account' || a, 'source' || c, 'READER', 100000000000
from generate_series(1, 20) a, generate_series(1, 100) c where c % 10 = a % 10;
insert into "account_channel_map" ("id", "accountId", "channelId", "role")
select 'writer' || a, 'account' || a, 'library', 'WRITER' from generate_series(1, 20) a;
insert into stash_source_states ("mapId", "floor") select "id", 100000000000 from "account_channel_map" where "role" = 'READER';
insert into "topic_progress" ("id", "accountChannelMapId", "topicId", "lastProcessedMessageId")
select 'topic' || t || "id", "id", t * 1048576, 1000 from "account_channel_map", generate_series(1, 50) t where "role" = 'READER';

insert into "ingestion_runs" ("id", "accountId", "status", "startedAt", "finishedAt")
select 'run' || n, 'account' || 1 + n % 20, 'COMPLETED', now() - n * interval '5 min', now()
from generate_series(1, current_setting('stash.packages')::int / 2) n;
insert into "ingestion_runs" ("id", "accountId") select 'running' || n, 'account' || n from generate_series(1, 20) n;

-- A hundred are without metadata, a thousand without messages.
insert into "packages" ("id", "contentHash", "fileName", "fileSize", "archiveType", "creator", "sourceChannelId", "sourceMessageId",
                        "destChannelId", "destMessageId", "destMessageIds", "isMultipart", "partCount", "fileCount", "tags", "indexedAt",
                        "ingestionRunId")
select 'package' || n, encode(sha256(n::text::bytea), 'hex'), 'Pack ' || n || '.zip', 1000000 + n, 'ZIP', 'Creator ' || n % 500,
       'source' || 1 + n % 100, n * 1048576::bigint, case when n % 200 = 0 then null else 'library' end,
       case when n % 200 = 0 then null else n * 1048576::bigint end,
       case when n % 200 = 0 then '{}' else array[n * 1048576::bigint, n * 1048576::bigint + 1] end, true, 2,
       case when n <= 100 then 0 else 1 + n % 25 end, array['Miniatures'], now() - n * interval '5 min',
       'run' || 1 + n % (current_setting('stash.packages')::int / 2)
from generate_series(1, current_setting('stash.packages')::int) n;

-- Millions of rows go faster in without indexes to keep.
drop index "package_files_packageId_idx", "package_files_extension_idx", "package_files_fileName_idx";
alter table "package_files" drop constraint "package_files_pkey", drop constraint "package_files_packageId_fkey";
insert into "package_files" ("id", "packageId", "path", "fileName", "extension", "compressedSize", "uncompressedSize", "crc32")
select 'file' || n, 'package' || 1 + n % current_setting('stash.packages')::int, 'supported/part ' || n || '.stl', 'part ' || n || '.stl',
       'stl', 1000, 3000, 'deadbeef'
from generate_series(1, current_setting('stash.files')::int) n;
alter table "package_files" add constraint "package_files_pkey" primary key ("id");
create index "package_files_packageId_idx" on "package_files" ("packageId");
create index "package_files_extension_idx" on "package_files" ("extension");
create index "package_files_fileName_idx" on "package_files" ("fileName");
alter table "package_files" add constraint "package_files_packageId_fkey"
  foreign key ("packageId") references "packages" ("id") on delete cascade on update cascade;

insert into "skipped_packages" ("id", "fileName", "fileSize", "reason", "sourceChannelId", "sourceMessageId", "accountId")
select 'skipped' || n, 'Skipped ' || n || '.zip', 1000, 'DOWNLOAD_FAILED', 'source' || 1 + n % 100,
       (10000000 + n) * 1048576::bigint, 'account' || 1 + n % 20
from generate_series(1, 2000) n;
insert into "system_notifications" ("id", "type", "title", "message", "context")
select 'notification' || n, 'MISSING_PART', 'Title', 'Message', jsonb_build_object('packageId', 'package' || n) from generate_series(1, 5000) n;

-- Every package has the claim of its set, every second one that of a duplicate; a few sets are on their way.
alter table stash_claims disable trigger stash_claims_events;
insert into stash_claims ("sourceChannelId", "firstMessageId", "accountId", "token", "state", "contentHash", "setName", "volumes", "bytes", "fileKey")
select p."sourceChannelId", p."sourceMessageId", 'account' || 1 + n % 20, nextval('stash_token'), 'published', p."contentHash", p."fileName", 1,
       p."fileSize", 'key ' || n
from "packages" p, lateral (select substr(p."id", 8)::int as n) i;
insert into stash_claims ("sourceChannelId", "firstMessageId", "accountId", "token", "state", "contentHash", "setName", "volumes", "bytes", "fileKey")
select "sourceChannelId", "firstMessageId" + 500, "accountId", nextval('stash_token'), 'duplicate', "contentHash", "setName", 1, "bytes", "fileKey"
from stash_claims where "token" % 2 = 0;
insert into stash_claims ("sourceChannelId", "firstMessageId", "accountId", "token", "state", "setName", "volumes", "bytes", "retryAt", "leaseUntil", "stage")
select 'source' || 1 + n % 100, (20000000 + n) * 1048576::bigint, 'account' || 1 + n % 20, nextval('stash_token'),
       (array['claimed', 'deferred', 'waiting'])[1 + n % 3], 'New ' || n || '.zip', 1, 1000,
       case when n % 3 > 0 then now() + interval '1 hour' end, case when n % 3 = 0 then now() + interval '1 hour' end,
       case when n % 3 > 0 then 'download' end
from generate_series(1, 600) n;
alter table stash_claims enable trigger stash_claims_events;

insert into stash_set_messages ("sourceChannelId", "firstMessageId", "lastMessageId", "messageIds")
select "sourceChannelId", "firstMessageId", "firstMessageId" + 2, array["firstMessageId", "firstMessageId" + 2]
from stash_claims where "token" % 5 = 0;
insert into stash_events ("at", "sourceChannelId", "firstMessageId", "accountId", "event")
select now() - n * interval '1 min', "sourceChannelId", "firstMessageId", "accountId", "state"
from stash_claims, generate_series(1, 3) n;
update stash_package_checks set
  "checkedAt" = now() - interval '1 day' * random(),
  "missingSince" = case when substr("packageId", 8)::int % 2000 = 1 then now() end,
  "problem" = case when substr("packageId", 8)::int % 2000 = 1 then 'gone' end;

insert into stash_publications ("contentHash", "accountId", "token", "sourceChannelId", "firstMessageId", "destChannelId", "destChatId",
                                "afterMessageId", "tag", "directory", "stub")
select encode(sha256(('open ' || n)::bytea), 'hex'), 'account' || n, 1000000000 + n, 'source1', (30000000 + n) * 1048576::bigint, 'library',
       -1002000000001, 1, 'tag', '/tmp/' || n,
       '{"fileName":"Open.zip","fileSize":1000,"archiveType":"ZIP","sourceTopicId":null,"sourceCaption":null,"ingestionRunId":null}'
from generate_series(1, 20) n;
insert into stash_publication_parts ("contentHash", "part", "name", "path", "bytes")
select "contentHash", 1, 'Open.zip', '/tmp/x', 1000 from stash_publications;
insert into stash_leftovers ("destChannelId", "destMessageId", "contentHash")
select 'library', 900000000000 + n, encode(sha256(n::text::bytea), 'hex') from generate_series(1, 20) n;
insert into stash_sweeps ("destChannelId", "sweptThrough") values ('library', 1);
insert into stash_account_states ("accountId", "state", "since", "supervisor") select "id", 'idle', now(), 'here' from "telegram_accounts";
insert into stash_account_schedules ("accountId") select "id" from "telegram_accounts";
insert into stash_logins ("accountId") select "id" from "telegram_accounts";
insert into stash_counted_moves ("accountId", "move", "at") select 'account' || 1 + n % 20, 'join', now() - n * interval '1 min' from generate_series(1, 2000) n;
insert into stash_requests ("id", "accountId", "request", "state", "answer", "expiresAt", "endedAt")
select 'request' || n, 'account' || 1 + n % 20, '{}', 'answered', '{}', now(), now() from generate_series(1, 2000) n;
insert into stash_requests ("id", "accountId", "request", "expiresAt")
select 'waiting' || n, 'account' || n, '{"_tag":"ListChats"}', now() + interval '1 hour' from generate_series(1, 20) n;

-- What the app has asked over the years: requests that ended long ago, and a few that are open.
insert into "channel_fetch_requests" ("id", "accountId", "status", "createdAt", "updatedAt")
select 'fetch' || n, 'account' || 1 + n % 20, 'COMPLETED', now() - n * interval '1 min', now() from generate_series(1, 50000) n;
insert into "channel_fetch_requests" ("id", "accountId", "updatedAt")
select 'open fetch ' || n, 'account' || n, now() from generate_series(1, 20) n;
insert into "archive_extract_requests" ("id", "packageId", "filePath", "status", "imageData", "contentType", "updatedAt")
select 'extract' || n, 'package' || 1 + n % 1000, 'supported/part ' || n || '.png', 'COMPLETED', '\x00', 'image/png', now()
from generate_series(1, 50000) n;
insert into "archive_extract_requests" ("id", "packageId", "filePath", "updatedAt")
select 'open extract ' || n, 'package' || 1 + n % 1000, 'supported/part ' || n || '.png', now() from generate_series(1, 20) n;
insert into "manual_uploads" ("id", "status", "userId") select 'upload' || n, 'COMPLETED', 'user-1' from generate_series(1, 20000) n;
insert into "manual_uploads" ("id", "userId") select 'open upload ' || n, 'user-1' from generate_series(1, 20) n;
insert into "manual_upload_files" ("id", "uploadId", "fileName", "filePath", "fileSize")
select 'a file of ' || "id", "id", 'Own.zip', '/data/uploads/' || "id" || '/Own.zip', 1000 from "manual_uploads";
insert into stash_app_requests ("id", "kind", "isHeard", "wantedAccountId", "notBefore")
select "id", 'join_channel', true, "accountId", now() - interval '10 seconds' from "channel_fetch_requests"
where "status" = 'PENDING' and "id" > 'open fetch 6';

-- Every package has its post; one in four is in a group, one in a hundred is to be listed again, a thousand are new to the bot.
insert into stash_package_posts ("packageId", "sourceChannelId", "postedAt", "rootFolder", "consideredAt", "groupedAt")
select "id", "sourceChannelId", "indexedAt" at time zone 'UTC', 'Folder ' || "id", now(), null from "packages";
insert into "package_groups" ("id", "name", "sourceChannelId", "groupingSource", "mediaAlbumId", "updatedAt")
select 'group' || n, 'Group ' || n, 'source' || 1 + n % 100, (array['AUTO_PATTERN', 'ALBUM'])[1 + n % 2]::"GroupingSource",
       case when n % 2 = 1 then 'album ' || n end, now()
from generate_series(1, current_setting('stash.packages')::int / 10) n;
update "packages" set "packageGroupId" = 'group' || 1 + substr("id", 8)::int % (current_setting('stash.packages')::int / 10)
where substr("id", 8)::int % 4 = 0;
insert into stash_groups ("groupId", "sourceChannelId", "signal", "key", "firstAt", "lastAt")
select "id", "sourceChannelId", case "groupingSource" when 'ALBUM' then 'album' else 'pattern' end, 'key of ' || "id",
       now() - substr("id", 6)::int * interval '1 hour', now() - substr("id", 6)::int * interval '1 hour' + interval '10 min'
from "package_groups";
update stash_package_posts set "consideredAt" = null where substr("packageId", 8)::int <= 300;
insert into "grouping_rules" ("id", "sourceChannelId", "pattern", "signalType", "confidence")
select 'rule' || n, 'source' || 1 + n % 100, 'pattern ' || n, 'MANUAL', 1.0 from generate_series(1, 2000) n;
insert into "system_notifications" ("id", "type", "title", "message", "context")
select 'conflict' || n, 'GROUPING_CONFLICT', 'Title', 'Message',
       jsonb_build_object('packageId', 'package' || n, 'matchedRuleId', 'rule1')
from generate_series(1, 50000) n;
insert into stash_relists ("packageId", "retryAt")
select "id", now() + substr("id", 8)::int % 7 * interval '1 day' from "packages" where substr("id", 8)::int % 100 = 1;
insert into stash_announcements ("packageId", "publishedAt")
select "id", now() - interval '1 hour' from "packages" where substr("id", 8)::int <= 1000;

-- As the worker adds them up (db/tallies.ts), but for those of the last minutes.
truncate stash_tallies;
insert into stash_tallies select 'packages', count(*), sum("fileSize") from "packages" where "destMessageId" is not null;
insert into stash_tallies ("of", "count") select "sourceChannelId", count(*) from stash_claims group by "sourceChannelId";
insert into stash_tallies ("of", "count", "bytes")
select case n % 3 when 0 then 'packages' else 'source' || 1 + n % 100 end, (array[-1, 1])[1 + n % 2], 0 from generate_series(1, 2000) n;
