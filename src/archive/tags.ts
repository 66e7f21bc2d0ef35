/** The tags of a package: the source channel's category, as an existing library has them. */
export const tagsOf = (channelCategory: string | null): ReadonlyArray<string> => {
  const tag = channelCategory?.trim() ?? ""
  return tag === "" ? [] : [tag]
}
