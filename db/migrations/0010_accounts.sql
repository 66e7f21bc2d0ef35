-- Where an account's login stands, and how its operator wants it: what the predecessor's authState cannot say. A code or a
-- password never comes here: the commands send it, sealed, in a notification.
create table stash_logins (
  "accountId" text not null primary key references "telegram_accounts" ("id") on delete cascade on update cascade,
  "method" text not null default 'code' check ("method" in ('code', 'qr')),
  -- waiting_code, waiting_password, waiting_scan, waiting_flood, ready, failed; null: nothing has happened yet
  "state" text,
  -- What went wrong last, one of src/channel/login-problem.ts.
  "problem" text,
  -- Where the code was sent to, the password's hint.
  "detail" text not null default '',
  -- The end of a wait that Telegram asked for.
  "until" timestamptz,
  -- The link that another device of the account scans; good for seconds, and gone with the state.
  "qrLink" text,
  -- The public key that answers are sealed for; gone with the state.
  "answerKey" text,
  "updatedAt" timestamptz not null default now()
);

-- What Telegram has an account wait for: no call of this kind is made before its end, in no life of the account.
create table stash_waits (
  "accountId" text not null references "telegram_accounts" ("id") on delete cascade on update cascade,
  -- A row of accounts/telegram/call-kind.ts.
  "kind" text not null,
  -- flood: nothing of this kind is done; throttled: it goes on, slower
  "cause" text not null check ("cause" in ('flood', 'throttled')),
  "since" timestamptz not null default now(),
  "until" timestamptz not null,
  -- How often Telegram has said so.
  "count" integer not null default 1,
  primary key ("accountId", "kind", "cause")
);

-- Moves that Telegram counts, such as joining a channel, of the last day: a restart does not give an account new ones.
create table stash_counted_moves (
  "id" bigint generated always as identity primary key,
  "accountId" text not null references "telegram_accounts" ("id") on delete cascade on update cascade,
  "move" text not null,
  "at" timestamptz not null default now()
);
create index stash_counted_moves_of on stash_counted_moves ("accountId", "move", "at");

-- The proxy of an account, where it differs from STASH_PROXY; '' for none.
create table stash_proxies (
  "accountId" text not null primary key references "telegram_accounts" ("id") on delete cascade on update cascade,
  "url" text not null
);
