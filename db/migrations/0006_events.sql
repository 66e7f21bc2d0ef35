-- The life of every archive set, step by step, for people to read (stash why). Written by the database itself, in the transaction
-- of the step, so that no path of the code can forget one.
create table stash_events (
  "id" bigint generated always as identity primary key,
  "at" timestamptz not null default clock_timestamp(),
  "sourceChannelId" text not null references "telegram_channels" ("id") on delete cascade on update cascade,
  "firstMessageId" bigint not null,
  "accountId" text,
  -- claimed, deferred, waiting, published, duplicate, skipped, reopened; publishing, taken_over, sent, given_up
  "event" text not null,
  "detail" text not null default '',
  "contentHash" text
);
create index stash_events_set on stash_events ("sourceChannelId", "firstMessageId", "id");
create index stash_events_at on stash_events ("at");

create or replace function stash_note_claim() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' or new."state" <> old."state" or new."accountId" <> old."accountId"
     or (new."token" <> old."token" and new."state" = 'claimed') then
    insert into stash_events ("sourceChannelId", "firstMessageId", "accountId", "event", "detail", "contentHash")
    values (
      new."sourceChannelId", new."firstMessageId", new."accountId", new."state",
      case new."state"
        when 'claimed' then format('%s, %s volumes, %s bytes, try %s', new."setName", new."volumes", new."bytes", new."attempts")
        when 'deferred' then format('at stage %s: %s; again after %s', coalesce(new."stage", '?'), new."reason",
                                    to_char(new."retryAt" at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'))
        else new."reason"
      end,
      new."contentHash"
    );
  end if;
  return null;
end $$;
create trigger stash_claims_events after insert or update on stash_claims
  for each row execute function stash_note_claim();

create or replace function stash_note_publication() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' or new."token" <> old."token" then
    insert into stash_events ("sourceChannelId", "firstMessageId", "accountId", "event", "detail", "contentHash")
    values (
      new."sourceChannelId", new."firstMessageId", new."accountId",
      case tg_op when 'INSERT' then 'publishing' else 'taken_over' end,
      format('to %s after message %s', coalesce((select "title" from "telegram_channels" where "id" = new."destChannelId"), '?'),
             new."afterMessageId" / 1048576),
      new."contentHash"
    );
  end if;
  return null;
end $$;
create trigger stash_publications_events after insert or update on stash_publications
  for each row execute function stash_note_publication();

create or replace function stash_note_part() returns trigger language plpgsql as $$
begin
  if new."destMessageId" is not null and old."destMessageId" is null then
    insert into stash_events ("sourceChannelId", "firstMessageId", "accountId", "event", "detail", "contentHash")
    select pub."sourceChannelId", pub."firstMessageId", pub."accountId", 'sent',
           format('part %s, %s, as message %s', new."part", new."name", new."destMessageId" / 1048576), pub."contentHash"
    from stash_publications pub where pub."contentHash" = new."contentHash";
  end if;
  return null;
end $$;
create trigger stash_parts_events after update on stash_publication_parts
  for each row execute function stash_note_part();

-- Where each account stands, as its supervisor last said: true also when that one is gone.
create table stash_account_states (
  "accountId" text not null primary key references "telegram_accounts" ("id") on delete cascade on update cascade,
  "state" text not null,
  "reason" text not null default '',
  "since" timestamptz not null,
  "restarts" integer not null default 0,
  -- Which supervisor said so: host and process.
  "supervisor" text not null,
  "updatedAt" timestamptz not null default now()
);

-- How an account's failed lives are followed by the next, where it differs from the worker's own settings (null: as those say).
create table stash_account_policies (
  "accountId" text not null primary key references "telegram_accounts" ("id") on delete cascade on update cascade,
  "restart" text check ("restart" in ('permanent', 'transient', 'temporary')),
  "maxRestarts" integer check ("maxRestarts" >= 0),
  "withinSeconds" integer check ("withinSeconds" >= 1)
);
