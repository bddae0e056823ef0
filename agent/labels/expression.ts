/**
 * A parsed label expression. The grammar is Jenkins' own (core/src/main/antlr4/hudson/model/labels in jenkinsci/jenkins).
 * `group` keeps the parentheses that a person wrote, because Jenkins prints them too.
 */
export type LabelExpression =
  | { kind: 'atom'; name: string }
  | { kind: 'group'; operand: LabelExpression }
  | { kind: 'not'; operand: LabelExpression }
  | { kind: 'and' | 'or' | 'implies' | 'iff'; left: LabelExpression; right: LabelExpression }
