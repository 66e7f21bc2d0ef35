-- What is known of the post that a package was made from, beside what the app's own columns say.
create table stash_package_posts (
  "packageId" text not null primary key references "packages" ("id") on delete cascade on update cascade,
  "sourceChannelId" text not null references "telegram_channels" ("id") on delete cascade on update cascade,
  "postedAt" timestamptz not null,
  "senderId" text,
  "albumId" text,
  -- The folder in which most of its files lie.
  "rootFolder" text,
  -- When it was first looked at for grouping.
  "consideredAt" timestamptz,
  -- When it was put into a group, which happens once: whoever takes it out of there wants it so.
  "groupedAt" timestamptz
);
create index stash_package_posts_new on stash_package_posts ("sourceChannelId") where "consideredAt" is null;
create index stash_package_posts_ungrouped on stash_package_posts ("sourceChannelId", "postedAt") where "groupedAt" is null;

-- The groups that were made by the worker, and what their packages have in common. It adds to no others.
create table stash_groups (
  "groupId" text not null primary key references "package_groups" ("id") on delete cascade on update cascade,
  "sourceChannelId" text not null references "telegram_channels" ("id") on delete cascade on update cascade,
  "signal" text not null
    check ("signal" in ('album', 'rule', 'reply', 'caption', 'pattern', 'folder', 'creator', 'time')),
  "key" text not null,
  -- When the first and the last of its packages were posted.
  "firstAt" timestamptz not null,
  "lastAt" timestamptz not null
);
create index stash_groups_key on stash_groups ("sourceChannelId", "signal", "key");

-- Packages whose files are to be listed (again): because somebody wants it, or because it failed before.
create table stash_relists (
  "packageId" text not null primary key references "packages" ("id") on delete cascade on update cascade,
  "requestedAt" timestamptz not null default now(),
  "attempts" integer not null default 0,
  "retryAt" timestamptz not null default now(),
  -- Why it failed the last time.
  "problem" text
);
create index stash_relists_due on stash_relists ("retryAt");
