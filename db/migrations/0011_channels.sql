-- What an operator asks of a running worker that needs Telegram: list chats, join, create a channel. Whoever runs the account
-- takes the row, and writes its answer there.
create table stash_requests (
  "id" text not null primary key default gen_random_uuid()::text,
  "accountId" text not null references "telegram_accounts" ("id") on delete cascade on update cascade,
  "request" jsonb not null,
  "state" text not null default 'pending' check ("state" in ('pending', 'taken', 'answered', 'failed')),
  "answer" jsonb,
  "error" text,
  "createdAt" timestamptz not null default now(),
  -- Nobody waits for the answer after this.
  "expiresAt" timestamptz not null,
  "endedAt" timestamptz,
  check (("state" = 'answered') = ("answer" is not null)),
  check (("state" = 'failed') = ("error" is not null))
);
create index stash_requests_pending on stash_requests ("accountId", "createdAt") where "state" in ('pending', 'taken');

-- Where an account stands with a source, beside its mark: how much of it was seen, and whether it can be read at all.
create table stash_source_states (
  "mapId" text not null primary key references "account_channel_map" ("id") on delete cascade on update cascade,
  -- Every document up to this message has been seen. What is not settled of it has a claim, or is among "loose".
  "floor" bigint not null default 0,
  -- A scan that goes from the newest down has also seen everything from "low" to "high"; both null otherwise.
  "low" bigint,
  "high" bigint,
  -- Messages that were seen, and whose sets nobody has looked at yet: perhaps the rest of the set is still to come.
  "loose" bigint[] not null default '{}',
  -- Counts how often somebody set the mark back: a scan that began before must not raise the floor again.
  "epoch" bigint not null default 0,
  -- When it was last gone through to the end.
  "scannedAt" timestamptz,
  -- Why the account cannot read it (any more), since when, and when it is tried again.
  "unreadable" text,
  "unreadableSince" timestamptz,
  "failures" integer not null default 0,
  "retryAt" timestamptz,
  check (("low" is null) = ("high" is null)),
  check (("unreadable" is null) = ("unreadableSince" is null))
);

-- The messages of sets that have more than one volume. A mark must not lie within a set: the rest would look like another one.
create table stash_set_messages (
  "sourceChannelId" text not null references "telegram_channels" ("id") on delete cascade on update cascade,
  "firstMessageId" bigint not null,
  "lastMessageId" bigint not null,
  "messageIds" bigint[] not null,
  primary key ("sourceChannelId", "firstMessageId")
);
create index stash_set_messages_last on stash_set_messages ("sourceChannelId", "lastMessageId");

create index stash_claims_unsettled on stash_claims ("sourceChannelId", "firstMessageId")
  where "state" in ('claimed', 'deferred', 'waiting');

-- The last message at or before a place so that no set lies on both sides of it.
create or replace function stash_between_sets(channel text, place bigint) returns bigint language plpgsql stable as $$
declare
  lower bigint;
begin
  loop
    select min("firstMessageId") - 1 into lower from stash_set_messages
    where "sourceChannelId" = channel and "firstMessageId" <= place and "lastMessageId" > place;
    if lower is null then return place; end if;
    place := lower;
  end loop;
end $$;

-- A mark that is written without moving on was set back, by whomever (the web app too): everything after it is seen again.
create or replace function stash_note_mark() returns trigger language plpgsql as $$
begin
  if new."lastProcessedMessageId" is null or new."lastProcessedMessageId" <= old."lastProcessedMessageId" then
    update stash_source_states
    set "floor" = least("floor", stash_between_sets(new."channelId", coalesce(new."lastProcessedMessageId", 0))),
        "low" = null, "high" = null, "epoch" = "epoch" + 1
    where "mapId" = new."id";
  end if;
  return null;
end $$;
drop trigger if exists stash_marks on "account_channel_map";
create trigger stash_marks after update of "lastProcessedMessageId" on "account_channel_map"
  for each row execute function stash_note_mark();
