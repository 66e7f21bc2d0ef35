import config from "./vitest.config.ts"

/** Tests that take minutes, instead of all others. */
export default { ...config, test: { ...config.test, include: ["test/**/*.long.ts"] } }
