/** The numbers of the data centres; all of them are this server (core.telegram.org/api/datacenter). */
export const DATA_CENTRES = [1, 2, 3, 4, 5] as const

/** The one that every account is at home in, and where uploads go. */
export const HOME_DATA_CENTRE = 1

/** Data centre numbers of the test environment begin here. */
const TEST_ENVIRONMENT = 10_000

/** Whether a key was made for the test environment. */
export const isTestEnvironment = (dc: number): boolean => Math.abs(dc) > TEST_ENVIRONMENT

/** The number of the data centre that a key was made for; a negative one is said of connections for media alone. */
export const dataCentreOf = ({ dc }: { readonly dc: number }): number => Math.abs(dc) % TEST_ENVIRONMENT
