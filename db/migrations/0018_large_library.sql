-- What a library of many years needs, so that no statement takes long on it.

-- A set is known for good, whatever becomes of the account that worked on it: that one is removed without a look at its sets.
alter table stash_claims drop constraint "stash_claims_accountId_fkey";

-- `stash why` by name as before; by a part of one, all names are read in this index, some thousands at a time.
drop index stash_claims_name;
create index stash_claims_names on stash_claims ("setName", "sourceChannelId", "firstMessageId");

-- How many packages are published, of how many bytes, and how many sets each channel has. Whoever changes that adds a row, so
-- that nobody waits for anybody; the sum is true at any time, and from time to time it takes the place of its rows.
create table stash_tallies (
  -- 'packages', or the id of a channel, whose sets these are.
  "of" text not null,
  "count" bigint not null,
  "bytes" bigint not null default 0
);
create index stash_tallies_of on stash_tallies ("of");

create or replace function stash_tally_package() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' and old."destMessageId" is not null then
    insert into stash_tallies ("of", "count", "bytes") values ('packages', -1, -old."fileSize");
  end if;
  if tg_op <> 'DELETE' and new."destMessageId" is not null then
    insert into stash_tallies ("of", "count", "bytes") values ('packages', 1, new."fileSize");
  end if;
  return null;
end $$;

-- Whoever writes a package: this worker, the app, or the former worker, should one go back to it.
drop trigger if exists stash_packages_tallied on "packages";
create trigger stash_packages_tallied after insert or delete or update of "destMessageId", "fileSize" on "packages"
  for each row execute function stash_tally_package();

create or replace function stash_tally_set() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into stash_tallies ("of", "count") values (new."sourceChannelId", 1);
  else
    insert into stash_tallies ("of", "count") values (old."sourceChannelId", -1);
  end if;
  return null;
end $$;

create trigger stash_claims_tallied after insert or delete on stash_claims
  for each row execute function stash_tally_set();

insert into stash_tallies ("of", "count", "bytes")
select 'packages', count(*), coalesce(sum("fileSize"), 0) from "packages" where "destMessageId" is not null
having count(*) > 0;
insert into stash_tallies ("of", "count") select "sourceChannelId", count(*) from stash_claims group by "sourceChannelId";
