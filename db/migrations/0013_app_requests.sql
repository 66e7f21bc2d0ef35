-- What the web app asks of the worker. The app's own rows say neither what is asked nor of whom: that stands in the notification
-- alone, which no worker hears that is away. Here it is kept from the moment on that a request was noticed until its answer is
-- written, so that whoever begins after a death goes on with it.
create table stash_app_requests (
  -- The app's row; of generate_invite, which has none, the channel's.
  "id" text not null primary key,
  "kind" text not null check ("kind" in
    ('channel_fetch', 'join_channel', 'create_destination', 'generate_invite', 'rebuild_packages', 'archive_extract',
     'manual_upload')),
  -- False: found in the table without a notification, so that its kind is what such a row says by itself.
  "isHeard" boolean not null,
  "input" jsonb not null default '{}',
  -- Who shall do it, if that account can be asked; "isBound": nobody else may.
  "wantedAccountId" text references "telegram_accounts" ("id") on delete set null on update cascade,
  "isBound" boolean not null default false,
  -- Since it was noticed, or let go of by an account that had taken it.
  "waitingSince" timestamptz not null default now(),
  -- A row whose notification may still come is not begun before.
  "notBefore" timestamptz not null default now(),
  "attempts" integer not null default 0,
  -- Accounts that could not do it, and why the last of them could not.
  "tried" text[] not null default '{}',
  "problem" text,
  -- Whoever works on it; the token fences those who did before.
  "accountId" text references "telegram_accounts" ("id") on delete set null on update cascade,
  "token" bigint,
  "leaseUntil" timestamptz
);

-- The app's index is for what is open of one account; this is for what is open at all.
create index if not exists stash_fetch_requests_open on "channel_fetch_requests" ("createdAt")
  where "status" in ('PENDING', 'IN_PROGRESS');

-- Packages that the bot has not heard of yet: it is told once their metadata is there, or after a while without.
create table stash_announcements (
  "packageId" text not null primary key references "packages" ("id") on delete cascade on update cascade,
  "publishedAt" timestamptz not null default now()
);
create index stash_announcements_at on stash_announcements ("publishedAt");

-- What the app's bell shows once, however often it happens; rows of others have no such key.
create unique index if not exists stash_notifications_key on "system_notifications" (("context"->>'stashKey'))
  where "context"->>'stashKey' is not null;
