import * as JsonSchema from "effect/JsonSchema"
import * as Schema from "effect/Schema"
import type { Route } from "./route.ts"

const errorSchema = {
  type: "object",
  properties: { error: { type: "string" }, problems: { type: "array", items: { type: "string" } } },
  required: ["error"],
}

const json = (schema: unknown) => ({ content: { "application/json": { schema } } })

/** "/accounts/:phone" as OpenAPI writes it. */
const templateOf = (path: string): string => path.replace(/:([a-z]+)/g, "{$1}")

const parametersOf = ({ path, query = {} }: Route) => [
  ...[...path.matchAll(/:([a-z]+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  })),
  ...Object.entries(query).map(([name, description]) => ({
    name,
    in: "query",
    description,
    schema: { type: "string" },
  })),
]

/** The control interface described in OpenAPI 3.1, made of the routes themselves. */
export const openApiOf = (routes: readonly Route[]): unknown => {
  const schemas: Schema.Constraint[] = []
  const place = (schema: Schema.Constraint): number => schemas.push(schema) - 1
  const operations = routes.map((route) => ({
    route,
    body: route.body === undefined ? undefined : place(route.body),
    answer: route.answer === undefined ? undefined : place(route.answer),
  }))
  const documents = schemas.map((schema) => Schema.toJsonSchemaDocument(schema))
  const definitions = Object.assign({}, ...documents.map((document) => document.definitions))
  const { schemas: converted, definitions: components } = JsonSchema.toMultiDocumentOpenApi3_1({
    dialect: "draft-2020-12",
    schemas: documents.map((document) => document.schema) as [JsonSchema.JsonSchema, ...JsonSchema.JsonSchema[]],
    definitions,
  })
  const paths: Record<string, Record<string, unknown>> = {}
  for (const { answer, body, route } of operations) {
    const path = templateOf(route.path)
    paths[path] = {
      ...paths[path],
      [route.method.toLowerCase()]: {
        summary: route.summary,
        parameters: parametersOf(route),
        ...(body === undefined ? {} : { requestBody: { required: true, ...json(converted[body]) } }),
        responses: {
          "2XX": { description: "Done", ...json(answer === undefined ? {} : converted[answer]) },
          default: { description: "Refused, with what is wrong", ...json(errorSchema) },
        },
      },
    }
  }
  return {
    openapi: "3.1.0",
    info: { title: "The sandbox's control interface", version: "1", description: "JSON over HTTP, on loopback alone." },
    paths,
    components: { schemas: components },
  }
}
