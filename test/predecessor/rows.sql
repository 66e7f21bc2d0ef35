-- An installation that has been in use for a while: rows in every state that the former worker, the web app and the bot leave.
-- How many packages there are is the setting predecessor.packages. Message ids are TDLib's: the server's, times 2^20.

-- Phones of the reserved fictitious range, as in the sandbox's worlds.
insert into "telegram_accounts" ("id", "phone", "displayName", "isActive", "authState", "authCode", "isPremium", "lastSeenAt", "createdAt", "updatedAt")
values
  ('account1', '15550001001', 'Alice', true, 'AUTHENTICATED', null, true, '2026-05-01', '2026-02-01', '2026-05-01'),
  ('account2', '15550001002', null, true, 'AUTHENTICATED', null, false, '2026-05-01', '2026-02-02', '2026-05-01'),
  -- One failed start of the former worker is enough for this, and nothing there ever leads out of it.
  ('account3', '15550001003', 'Carol', true, 'EXPIRED', null, false, '2026-04-01', '2026-02-03', '2026-04-01'),
  ('account4', '15550001004', 'Dave', false, 'AUTHENTICATED', null, false, '2026-03-01', '2026-02-04', '2026-03-01'),
  ('account5', '15550001005', 'Eve', true, 'AWAITING_CODE', '12345', false, null, '2026-05-01', '2026-05-01');

insert into "telegram_channels" ("id", "telegramId", "title", "type", "isActive", "isForum", "category", "autoGroupEnabled", "createdAt", "updatedAt")
values
  ('source1', -1009000000001, 'Dragons and more', 'SOURCE', true, false, 'Miniatures', true, '2026-02-01 00:01', '2026-05-01'),
  ('source2', -1009000000002, 'Terrain [HQ]', 'SOURCE', true, false, null, false, '2026-02-01 00:02', '2026-05-01'),
  ('forum', -1009000000003, 'Forum of creators', 'SOURCE', true, true, 'Sets', true, '2026-02-01 00:03', '2026-05-01'),
  -- What the former worker stores of every account: all its chats, private ones and small groups too.
  ('private', 777000, 'Somebody', 'SOURCE', false, false, null, true, '2026-02-01 00:04', '2026-02-01'),
  ('group', -4001, 'A small group', 'SOURCE', true, false, null, true, '2026-02-01 00:05', '2026-02-01'),
  ('unread', -1009000000004, 'Enabled, and read by nobody', 'SOURCE', true, false, null, true, '2026-02-01 00:06', '2026-02-01'),
  ('library', -1009000000009, 'Library', 'DESTINATION', true, false, null, true, '2026-02-01 00:07', '2026-05-01'),
  ('library0', -1009000000008, 'Library of last year', 'DESTINATION', true, false, null, true, '2026-02-01 00:08', '2026-02-01');

insert into "account_channel_map" ("id", "accountId", "channelId", "role", "lastProcessedMessageId", "createdAt") values
  ('map1', 'account1', 'source1', 'READER', 900000 * 1048576::bigint, '2026-02-01'),
  ('map2', 'account2', 'source1', 'READER', 880000 * 1048576::bigint, '2026-02-01'),
  ('map3', 'account1', 'source2', 'READER', null, '2026-02-01'),
  -- Of a forum the topics have the marks, and the whole has none.
  ('map4', 'account2', 'forum', 'READER', null, '2026-02-01'),
  ('map5', 'account1', 'group', 'READER', 12, '2026-02-01'),
  ('map6', 'account1', 'library', 'WRITER', null, '2026-02-01'),
  ('map7', 'account2', 'library', 'WRITER', null, '2026-02-01');

insert into "topic_progress" ("id", "accountChannelMapId", "topicId", "topicName", "lastProcessedMessageId") values
  ('topic1', 'map4', 1 * 1048576::bigint, 'General', 5000 * 1048576::bigint),
  ('topic2', 'map4', 2 * 1048576::bigint, 'Titan Forge', 4000 * 1048576::bigint),
  ('topic3', 'map4', 3 * 1048576::bigint, null, null);

insert into "global_settings" ("key", "value", "updatedAt") values
  ('destination_channel_id', 'library', '2026-02-01'),
  ('destination_invite_link', 'https://t.me/+abcdef', '2026-02-01'),
  ('link_code:ABC123', '{"userId":"user1","expiresAt":"2026-06-01T00:00:00Z"}', '2026-05-01');

insert into "ingestion_runs" ("id", "accountId", "status", "startedAt", "finishedAt", "messagesScanned", "zipsFound", "zipsDuplicate",
                              "zipsIngested", "errorMessage", "currentActivity", "currentStep", "lastActivityAt")
select 'run' || n, 'account' || 1 + n % 2, case when n % 7 = 0 then 'FAILED' else 'COMPLETED' end::"IngestionStatus",
       '2026-03-01'::timestamp + n * interval '1 hour', '2026-03-01'::timestamp + n * interval '1 hour' + interval '9 min',
       n * 10, n % 5, n % 3, n % 2, case when n % 7 = 0 then 'Worker restarted' end, null, null, '2026-03-01'
from generate_series(1, 500) n;
-- The one that the last stop cut off; what it was doing is still shown.
insert into "ingestion_runs" ("id", "accountId", "status", "startedAt", "currentActivity", "currentStep", "currentChannel", "currentFile",
                              "currentFileNum", "totalFiles", "downloadedBytes", "totalBytes", "downloadPercent", "lastActivityAt")
values ('run0', 'account1', 'RUNNING', '2026-05-01', 'Downloading big.zip', 'downloading', 'Dragons and more', 'big.zip', 3, 9, 5000000000,
        9000000000, 55, '2026-05-01');

insert into "package_groups" ("id", "name", "mediaAlbumId", "sourceChannelId", "groupingSource", "previewData", "createdAt", "updatedAt")
select 'group' || n, 'Release ' || n, case when n % 2 = 0 then (9000000000 + n)::text end, 'source' || 1 + n % 2,
       (enum_range(null::"GroupingSource"))[1 + n % 7], case when n % 5 = 0 then '\xffd8ffe0'::bytea end, '2026-03-01'::timestamp + n * interval '1 minute', '2026-03-01'
from generate_series(1, 40) n;
insert into "grouping_rules" ("id", "sourceChannelId", "pattern", "signalType", "createdByGroupId", "createdAt")
select 'rule' || n, 'source1', 'Dragon ' || n, 'MANUAL', 'group' || n, '2026-03-01' from generate_series(1, 5) n;

-- By n % 20: 1 without metadata (the former worker died between its two writes), 2 taken out to be repaired, 3 rebuilt with an
-- invented hash, 4 cut by the former worker (its parts are called x.concat.001 ...), 5 of several volumes with all their ids,
-- 6 the same of older times with the first id alone, 7 in a former destination, 8 with a preview set by hand, 9 from a topic.
insert into "packages" ("id", "contentHash", "fileName", "fileSize", "archiveType", "creator", "sourceChannelId", "sourceMessageId",
                        "sourceTopicId", "destChannelId", "destMessageId", "destMessageIds", "isMultipart", "partCount", "fileCount",
                        "tags", "sourceCaption", "replyToMessageId", "previewData", "previewMsgId", "packageGroupId", "ingestionRunId",
                        "indexedAt", "createdAt")
select 'package' || n,
       case k when 3 then 'rebuild:library:' || n else encode(sha256(('content ' || n)::bytea), 'hex') end,
       case k when 4 then format('Huge %s.zip', n) when 5 then format('Set %s.part1.rar', n) when 6 then format('Old %s.7z.001', n)
              else format('Dragon_%s - Pack.%s', n, lower((array['ZIP', 'RAR', '7z', 'stl'])[1 + n % 4])) end,
       case k when 4 then 5000000000 + n else 1000000 + n end,
       case k when 4 then 'ZIP' when 5 then 'RAR' when 6 then 'SEVEN_Z'
              else (array['ZIP', 'RAR', 'SEVEN_Z', 'DOCUMENT'])[1 + n % 4] end::"ArchiveType",
       case when n % 3 = 0 then null else 'Creator ' || n % 50 end,
       case when k = 9 then 'forum' else 'source' || 1 + n % 2 end,
       case when k = 3 then 0 else (1000 + n * 3) * 1048576::bigint end,
       case when k = 9 then 2 * 1048576::bigint end,
       case k when 2 then null when 7 then 'library0' else 'library' end,
       case when k = 2 then null else (n * 5) * 1048576::bigint end,
       case when k in (2, 3) then '{}'
            when k in (4, 5) then array[n * 5, n * 5 + 1, n * 5 + 2]::bigint[]
            else array[n * 5]::bigint[] end,
       k in (4, 5, 6), case when k in (4, 5, 6) then 3 else 1 end,
       case k when 1 then 0 when 3 then 0 else 1 + n % 4 end,
       case when n % 2 = 0 then array['Miniatures'] else '{}' end,
       case when n % 11 = 0 then 'A caption of ' || n end, case when n % 13 = 0 then (999 + n * 3) * 1048576::bigint end,
       case when k = 8 or n % 6 = 0 then '\xffd8ffe000104a464946'::bytea end,
       case when k = 8 then 0 when n % 6 = 0 then (1001 + n * 3) * 1048576::bigint end,
       case when n % 10 = 0 then 'group' || 1 + n / 10 % 40 end, 'run' || 1 + n % 500,
       '2026-03-01'::timestamp + n * interval '7 min', '2026-03-01'::timestamp + n * interval '7 min'
from generate_series(1, current_setting('predecessor.packages')::int) n, lateral (select n % 20 as k) as kind;
update "packages" set "destMessageIds" = array(select m * 1048576 from unnest("destMessageIds") with ordinality u (m, i) order by i);

insert into "package_files" ("id", "packageId", "path", "fileName", "extension", "compressedSize", "uncompressedSize", "crc32")
select p."id" || 'file' || n, p."id", 'supported/' || n || '/part ' || n || '.stl', 'part ' || n || '.stl',
       case when n % 4 = 0 then null else 'stl' end, n * 1000, n * 3000, case when n % 2 = 0 then 'deadbeef' end
from "packages" p, generate_series(1, p."fileCount") n;

insert into "skipped_packages" ("id", "fileName", "fileSize", "reason", "errorMessage", "sourceChannelId", "sourceMessageId", "sourceTopicId",
                                "isMultipart", "partCount", "accountId", "createdAt")
select 'skipped' || n, format('Failed %s.zip', n), n * 1000000000::bigint, (enum_range(null::"SkipReason"))[1 + n % 4],
       case when n % 4 > 0 then 'Download failed' end, case when n % 5 = 0 then 'forum' else 'source1' end,
       (500 + n) * 1048576::bigint, case when n % 5 = 0 then 2 * 1048576::bigint end, n % 2 = 0, 1 + n % 2, 'account' || 1 + n % 2,
       '2026-04-01'
from generate_series(1, 60) n;

insert into "channel_fetch_requests" ("id", "accountId", "status", "resultJson", "error", "createdAt", "updatedAt")
select 'fetch' || n, 'account' || 1 + n % 2, (enum_range(null::"FetchStatus"))[1 + n % 4],
       case when n % 4 = 2 then '{"channels":[]}' end, case when n % 4 = 3 then 'no such chat' end, '2026-04-01', '2026-04-01'
from generate_series(1, 20) n;
insert into "archive_extract_requests" ("id", "packageId", "filePath", "status", "imageData", "contentType", "error", "createdAt", "updatedAt")
select 'extract' || n, 'package' || n * 20 + 4, 'preview.jpg', (enum_range(null::"ExtractStatus"))[1 + n % 4],
       case when n % 4 = 2 then '\xffd8'::bytea end, case when n % 4 = 2 then 'image/jpeg' end, case when n % 4 = 3 then 'damaged' end,
       '2026-04-01', '2026-04-01'
from generate_series(1, 12) n;
insert into "system_notifications" ("id", "type", "severity", "title", "message", "context", "isRead", "createdAt")
select 'notification' || n, (enum_range(null::"NotificationType"))[1 + n % 6], (enum_range(null::"NotificationSeverity"))[1 + n % 3],
       'Title ' || n, 'Message ' || n, jsonb_build_object('packageId', 'package' || n), n % 2 = 0, '2026-04-01'::timestamp + n * interval '1 min'
from generate_series(1, 50) n;
insert into "manual_uploads" ("id", "status", "groupName", "userId", "errorMessage", "createdAt", "completedAt")
select 'upload' || n, (enum_range(null::"ManualUploadStatus"))[n], 'By hand', 'user1', null, '2026-04-01', case when n > 2 then '2026-04-02'::timestamp end
from generate_series(1, 4) n;
insert into "manual_upload_files" ("id", "uploadId", "fileName", "filePath", "fileSize", "packageId")
select 'uploaded' || n, 'upload' || n, 'by hand.zip', '/data/uploads/upload' || n || '/by hand.zip', 1000, case when n = 3 then 'package3' end
from generate_series(1, 4) n;

insert into "telegram_links" ("id", "userId", "telegramUserId", "telegramName", "createdAt") values ('link1', 'user1', 123456789, 'owner', '2026-03-01');
insert into "bot_send_requests" ("id", "packageId", "telegramLinkId", "requestedByUserId", "status", "error", "createdAt", "completedAt")
select 'send' || n, 'package' || n, 'link1', 'user1', (enum_range(null::"BotSendStatus"))[1 + n % 4], null, '2026-04-01', '2026-04-01'
from generate_series(1, 20) n;
