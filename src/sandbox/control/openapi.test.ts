import { describe, expect, it } from "vitest"
import { allRoutes } from "./all-routes.ts"
import { openApiOf } from "./openapi.ts"

const document = JSON.parse(JSON.stringify(openApiOf(allRoutes))) as {
  readonly paths: Record<string, Record<string, { readonly summary: string; readonly requestBody?: unknown }>>
  readonly components: { readonly schemas: Record<string, unknown> }
}

describe("The description of the control interface", () => {
  it("has every route, with what its body must be", () => {
    for (const { body, method, path, summary } of allRoutes) {
      const operation = document.paths[path.replace(/:([a-z]+)/g, "{$1}")]?.[method.toLowerCase()]
      expect(operation?.summary).toBe(summary)
      expect(operation?.requestBody !== undefined).toBe(body !== undefined)
    }
  })

  it("refers to nothing that it does not hold", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference)
    for (const reference of references) {
      const name = reference?.replace("#/components/schemas/", "") ?? ""
      expect(Object.keys(document.components.schemas)).toContain(name)
    }
  })
})
