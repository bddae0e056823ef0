/** What may stand in a template, as Handlebars parses it. */
type Node = hbs.AST.Node

const blocks = ['if', 'unless', 'each']
const dataNames = ['index', 'key', 'first', 'last']

export interface TemplateRules {
  helpers: readonly string[]
  /** What the context declares. */
  names: readonly string[]
}

/** The names of the partials that a template includes. Throws Error when one is chosen at run time. */
export function partialsOf(program: hbs.AST.Program): string[] {
  return statementsOf(program).flatMap((statement) => {
    if (!isType<hbs.AST.PartialStatement>(statement, 'PartialStatement')) return []
    if (!isType<hbs.AST.PathExpression>(statement.name, 'PathExpression')) {
      throw new Error(`line ${statement.loc.start.line}: a partial must be named, not computed`)
    }
    return [statement.name.original]
  })
}

/**
 * Refuses what a template could go wrong with without anybody noticing: names that the context does not declare, in
 * branches too that are not taken today; helpers beyond the known ones; decorators. Throws Error with the line.
 */
export function checkTemplate(program: hbs.AST.Program, rules: TemplateRules): void {
  walk(program, rules, rules.names)
}

function walk(program: hbs.AST.Program, rules: TemplateRules, names: readonly string[] | undefined): void {
  for (const statement of program.body) {
    if (isType<hbs.AST.MustacheStatement>(statement, 'MustacheStatement')) {
      checkCall(statement, rules, names)
    } else if (isType<hbs.AST.BlockStatement>(statement, 'BlockStatement')) {
      checkBlock(statement, rules, names)
    } else if (!['ContentStatement', 'CommentStatement', 'PartialStatement'].includes(statement.type)) {
      refuse(statement, `${statement.type} is not used in these templates`)
    }
  }
}

function checkBlock(
  block: hbs.AST.BlockStatement,
  rules: TemplateRules,
  names: readonly string[] | undefined,
): void {
  const { original } = block.path as hbs.AST.PathExpression
  if (!blocks.includes(original)) refuse(block, `the block ${original} is not known`)
  for (const parameter of block.params) checkExpression(parameter, rules, names)
  const inner = block.program?.blockParams ?? []
  // Inside an `each` without names for its items, only the data knows what there is.
  const within = original !== 'each' ? names : inner.length > 0 ? names && [...names, ...inner] : undefined
  if (block.program) walk(block.program, rules, within)
  if (block.inverse) walk(block.inverse, rules, names)
}

function checkCall(
  call: hbs.AST.MustacheStatement | hbs.AST.SubExpression,
  rules: TemplateRules,
  names: readonly string[] | undefined,
): void {
  if (call.params.length === 0 && call.type === 'MustacheStatement') {
    checkExpression(call.path as hbs.AST.Expression, rules, names)
    return
  }
  const { original } = call.path as hbs.AST.PathExpression
  if (!rules.helpers.includes(original)) refuse(call, `the helper ${original} is not known`)
  if (call.params.length !== 1 || call.hash) refuse(call, `the helper ${original} takes one value`)
  for (const parameter of call.params) checkExpression(parameter, rules, names)
}

function checkExpression(
  expression: hbs.AST.Expression,
  rules: TemplateRules,
  names: readonly string[] | undefined,
): void {
  if (isType<hbs.AST.SubExpression>(expression, 'SubExpression')) checkCall(expression, rules, names)
  if (!isType<hbs.AST.PathExpression>(expression, 'PathExpression')) return
  const [first] = expression.parts
  if (expression.data) {
    if (!dataNames.includes(String(first))) refuse(expression, `@${String(first)} is not used here`)
    return
  }
  if (expression.depth > 0) refuse(expression, '../ is not used here; name the item: as |item|')
  if (names && first !== undefined && !names.includes(String(first))) {
    refuse(expression, `nothing is called ${expression.original}`)
  }
}

function statementsOf(program: hbs.AST.Program | undefined): hbs.AST.Statement[] {
  return (program?.body ?? []).flatMap((statement) => {
    if (!isType<hbs.AST.BlockStatement>(statement, 'BlockStatement')) return [statement]
    return [statement, ...statementsOf(statement.program), ...statementsOf(statement.inverse)]
  })
}

function isType<Kind extends Node>(node: Node, type: string): node is Kind {
  return node.type === type
}

function refuse(node: Node, message: string): never {
  throw new Error(`line ${node.loc.start.line}: ${message}`)
}
