-- What is to be known of an archive and of its entries beside the columns that the web app has: encrypted, damaged, nested,
-- names that were guessed or point out of the archive. The app does not read these columns and writes none of them.
alter table "packages" add column if not exists "stashFlags" text[] not null default '{}';
alter table "package_files" add column if not exists "stashFlags" text[] not null default '{}';
