/** Writes a call down as one line that is the same in every run. */
class Calls {
    static String describe(Object[] args, Workspace workspace) {
        return '(' + args.collect { describeValue(it, workspace) }.join(', ') + ')'
    }

    private static String describeValue(Object value, Workspace workspace) {
        if (value instanceof Closure) {
            return '{ }'
        }
        if (value instanceof Map) {
            return value.collect { key, item -> "${key}: ${describeValue(item, workspace)}" }.join(', ')
        }
        if (value instanceof List) {
            return '[' + value.collect { describeValue(it, workspace) }.join(', ') + ']'
        }
        return value instanceof CharSequence ? "'" + shorten(value.toString(), workspace) + "'" : String.valueOf(value)
    }

    private static String shorten(String text, Workspace workspace) {
        String plain = text.replace(workspace.folder.path, 'WS').replaceAll(/[0-9a-f]{12}/, 'ID').replace('\n', '\\n')
        return plain.length() > 160 ? plain.substring(0, 60) + '...' : plain
    }
}
