/** Whether it is a content hash: a former worker's rebuild wrote words where the digest should be (its facts, W-22). */
export const isContentHash = (text: string): boolean => /^[0-9a-f]{64}$/.test(text)
