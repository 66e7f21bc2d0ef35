-- Which files a set is made of, by the ids that Telegram gives a file wherever it is posted: equal files are known before the
-- download, and a message whose file was replaced is known as a new set.
alter table stash_claims add column "fileKey" text;
create index stash_claims_files on stash_claims ("fileKey") where "fileKey" is not null;

-- Where the last try ended that was put off.
alter table stash_claims add column "stage" text
  check ("stage" in ('scan', 'download', 'inspect', 'lock', 'publish'));

-- Messages of ours in a destination that belong to no package any more. The next sweep deletes them.
create table stash_leftovers (
  "destChannelId" text not null references "telegram_channels" ("id") on delete cascade on update cascade,
  "destMessageId" bigint not null,
  "contentHash" text not null,
  "notedAt" timestamptz not null default now(),
  primary key ("destChannelId", "destMessageId")
);

-- When a package's messages were last looked for in its own destination, and what was not there.
create table stash_package_checks (
  "packageId" text not null primary key references "packages" ("id") on delete cascade on update cascade,
  "checkedAt" timestamptz not null default now(),
  "missingSince" timestamptz,
  "problem" text,
  check (("missingSince" is null) = ("problem" is null))
);
create index stash_package_checks_missing on stash_package_checks ("missingSince") where "missingSince" is not null;
