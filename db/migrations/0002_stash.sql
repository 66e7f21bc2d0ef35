-- The worker's own tables. The web app and the bot know nothing of them.

-- One ascending number per claim: whoever holds the highest for a set may write, everybody else is fenced off.
create sequence stash_token;

-- One row per archive set ever looked at, named by its first message. Two accounts in one channel meet here, before the download.
create table stash_claims (
  "sourceChannelId" text not null references "telegram_channels" ("id") on delete cascade on update cascade,
  "firstMessageId" bigint not null,
  "accountId" text not null references "telegram_accounts" ("id") on delete cascade on update cascade,
  "token" bigint not null,
  "state" text not null check ("state" in ('claimed', 'deferred', 'waiting', 'published', 'duplicate', 'skipped')),
  "reason" text not null default '',
  "contentHash" text,
  "setName" text not null,
  "volumes" integer not null,
  "bytes" bigint not null,
  -- Attempts that ended in a deferral, plus the running one.
  "attempts" integer not null default 0,
  "retryAt" timestamptz,
  "leaseUntil" timestamptz,
  "firstSeenAt" timestamptz not null default now(),
  "updatedAt" timestamptz not null default now(),
  primary key ("sourceChannelId", "firstMessageId"),
  check (("state" = 'claimed') = ("leaseUntil" is not null)),
  check (("state" in ('deferred', 'waiting')) = ("retryAt" is not null))
);
create index stash_claims_account on stash_claims ("accountId") where "state" = 'claimed';
create index stash_claims_retry on stash_claims ("retryAt") where "state" in ('deferred', 'waiting');
create index stash_claims_hash on stash_claims ("contentHash") where "contentHash" is not null;

-- The journal: contents whose parts are being sent. A row is written before the first part is sent and deleted by the
-- transaction that writes the package row, so what is found here after a crash is what has to be settled.
create table stash_publications (
  "contentHash" text not null primary key,
  "accountId" text not null references "telegram_accounts" ("id") on delete restrict on update cascade,
  "token" bigint not null,
  "sourceChannelId" text not null references "telegram_channels" ("id") on delete restrict on update cascade,
  "firstMessageId" bigint not null,
  "destChannelId" text not null references "telegram_channels" ("id") on delete restrict on update cascade,
  "destChatId" bigint not null,
  -- The destination's newest message when the row was written: whatever we sent lies after it.
  "afterMessageId" bigint not null,
  "tag" text not null,
  "directory" text not null,
  "stub" jsonb not null,
  "openedAt" timestamptz not null default now(),
  "updatedAt" timestamptz not null default now()
);
create index stash_publications_account on stash_publications ("accountId");

create table stash_publication_parts (
  "contentHash" text not null references stash_publications ("contentHash") on delete cascade,
  -- 1 for the first.
  "part" integer not null check ("part" >= 1),
  "name" text not null,
  "path" text not null,
  "bytes" bigint not null,
  "sha256" text,
  "destMessageId" bigint,
  "confirmedAt" timestamptz,
  primary key ("contentHash", "part"),
  unique ("contentHash", "destMessageId"),
  check (("destMessageId" is null) = ("confirmedAt" is null))
);

-- The app's schema has no index for "was this message published already", the question asked first for every set.
create index if not exists stash_packages_source on "packages" ("sourceChannelId", "sourceMessageId");
-- "Metadata pending": the few packages whose file list is still to be made.
create index if not exists stash_packages_pending on "packages" ("indexedAt") where "fileCount" = 0;
