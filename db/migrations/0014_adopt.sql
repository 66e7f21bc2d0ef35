-- For installations that another worker began.

-- The app's own migrations say so; on a database of ours the column could be null.
do $$ begin
  if exists (
    select from pg_attribute where attrelid = '"packages"'::regclass and attname = 'tags' and not attnotnull
  ) then
    update "packages" set "tags" = '{}' where "tags" is null;
    alter table "packages" alter column "tags" set not null, alter column "tags" set default '{}';
  end if;
end $$;
