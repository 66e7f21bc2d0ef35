/**
 * Raised with every change of what crosses between supervisor and cell. They differ only when the worker's files were
 * replaced while it ran: a cell that is started then refuses.
 */
export const CHANNEL_VERSION = 5
