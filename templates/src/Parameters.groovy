import com.cloudbees.groovy.cps.NonCPS

/**
 * Accepts the parameters of a step, or says in one sentence what is wrong with them. It calls no steps: nothing in here
 * needs to survive a restart of the controller.
 */
class Parameters implements Serializable {
    private static final long serialVersionUID = 1L

    /** Characters; footman counts alike. */
    static final int LONGEST_TEXT = 65536

    /** [problem: a sentence] when something is wrong, else [values: by name, notes: for the log]. */
    @NonCPS
    static Map accept(Map definition, Map given, boolean hasBody) {
        Map named = [:]
        List notes = []
        for (entry in (given ?: [:]).entrySet()) {
            String key = entry.key.toString()
            String name = currentName(definition, key)
            if (name == null) {
                return [problem: unknown(definition, key)]
            }
            if (name != key) {
                notes << "'${key}' is now called '${name}'".toString()
            }
            if (entry.value != null) {
                named[name] = entry.value
            }
        }
        Map values = [:]
        for (entry in definition.parameters.entrySet()) {
            String name = entry.key
            Map parameter = entry.value
            if (named.containsKey(name)) {
                Map read = read(parameter, named[name])
                if (read.expects) {
                    return [problem: refusal(name, parameter, named[name], read.expects)]
                }
                values[name] = read.value
            } else if (parameter.required) {
                return [problem: "'${name}' is missing: ${parameter.summary}".toString()]
            } else if (parameter.containsKey('fallback')) {
                values[name] = parameter.fallback
            }
        }
        String problem = shapeProblem(definition, named, hasBody) ?: constraintProblem(definition, values, named, hasBody)
        String tooLong = Exchange.tooLong(definition, values)
        if (problem == null && tooLong) {
            problem = "'${tooLong}' is too long: a process takes at most 128 KiB in one variable".toString()
        }
        return problem ? [problem: problem] : [values: values, notes: notes]
    }

    @NonCPS
    private static String currentName(Map definition, String key) {
        if (definition.parameters.containsKey(key)) {
            return key
        }
        for (entry in definition.parameters.entrySet()) {
            if (entry.value.formerly && entry.value.formerly.contains(key)) {
                return entry.key
            }
        }
        return null
    }

    @NonCPS
    private static String unknown(Map definition, String key) {
        List names = new ArrayList(definition.parameters.keySet())
        String closest = nearest(key, names)
        String advice = closest ? "did you mean '${closest}'?" : "it takes ${names.join(', ')}"
        return "there is no parameter '${shown(key)}'; ${advice}".toString()
    }

    /** [value: as the step sees it], or [expects: what it must be]. */
    @NonCPS
    private static Map read(Map parameter, value) {
        switch (parameter.type) {
            case 'text':
                return readText(value)
            case 'boolean':
                return readBoolean(value)
            case 'integer':
                return readInteger(parameter, value)
            case 'choice':
                return readChoice(parameter, value)
            case 'list':
                return readList(parameter, value)
            case 'map':
                return readMap(parameter, value)
            case 'command':
                return readCommand(value)
            default:
                return isText(value) && obeys(parameter.rule, value.toString()) ? [value: value.toString()] : [expects: parameter.rule.expects]
        }
    }

    @NonCPS
    private static Map readText(value) {
        String text = isText(value) ? value.toString() : ''
        boolean fits = text != '' && text.length() <= LONGEST_TEXT && text.indexOf(0) < 0
        return fits ? [value: text] : [expects: 'a text of at most 65,536 characters']
    }

    @NonCPS
    private static Map readBoolean(value) {
        if (value instanceof Boolean) {
            return [value: value]
        }
        String text = isText(value) ? value.toString() : ''
        return text == 'true' || text == 'false' ? [value: text == 'true'] : [expects: 'true or false']
    }

    @NonCPS
    private static Map readInteger(Map parameter, value) {
        boolean isWhole = value instanceof Integer || value instanceof Long || isText(value)
        String text = isWhole ? value.toString() : ''
        if (text.matches('-?[0-9]{1,15}')) {
            long number = text.toLong()
            if (number >= parameter.minimum && number <= parameter.maximum) {
                return [value: number]
            }
        }
        return [expects: "a whole number from ${parameter.minimum} to ${parameter.maximum}".toString()]
    }

    @NonCPS
    private static Map readChoice(Map parameter, value) {
        boolean isKnown = isText(value) && parameter.choices.contains(value.toString())
        return isKnown ? [value: value.toString()] : [expects: "one of ${parameter.choices.join(', ')}".toString()]
    }

    @NonCPS
    private static Map readList(Map parameter, value) {
        List items = []
        boolean fits = value instanceof List
        if (fits) {
            for (item in value) {
                fits = fits && isText(item) && obeys(parameter.rule, item.toString())
                items << item.toString()
            }
        }
        return fits ? [value: items] : [expects: "a list, each item ${parameter.rule.expects}".toString()]
    }

    @NonCPS
    private static Map readMap(Map parameter, value) {
        Map entries = [:]
        boolean fits = value instanceof Map
        if (fits) {
            for (entry in value.entrySet()) {
                boolean isPlain = isText(entry.value) || entry.value instanceof Number || entry.value instanceof Boolean
                fits = fits && isPlain && obeys(parameter.keyRule, entry.key.toString()) && obeys(parameter.rule, entry.value.toString())
                entries[entry.key.toString()] = entry.value.toString()
            }
        }
        String expects = "a map, each key ${parameter.keyRule.expects}, each value ${parameter.rule.expects}".toString()
        return fits ? [value: entries] : [expects: expects]
    }

    /** A list of words becomes a line that a shell splits into just these words. */
    @NonCPS
    private static Map readCommand(value) {
        String text = ''
        boolean fits = isText(value) || value instanceof List
        if (isText(value)) {
            text = value.toString()
        } else if (fits) {
            List words = []
            for (word in value) {
                fits = fits && (isText(word) || word instanceof Number)
                words << "'" + word.toString().replace("'", "'\\''") + "'"
            }
            text = words.join(' ')
        }
        fits = fits && text.trim() != '' && text.length() <= LONGEST_TEXT && text.indexOf(0) < 0
        return fits ? [value: text] : [expects: 'a text for bash or a list of words, at most 65,536 characters']
    }

    @NonCPS
    private static boolean isText(value) {
        return value instanceof CharSequence
    }

    @NonCPS
    private static boolean obeys(Map rule, String value) {
        if (value == '' || value.length() > rule.longest || value.matches('(?s).*\\p{Cntrl}.*')) {
            return false
        }
        for (String text in rule.without) {
            if (value.contains(text)) {
                return false
            }
        }
        return value.matches('(?s)' + rule.pattern)
    }

    @NonCPS
    private static String refusal(String name, Map parameter, value, String expects) {
        String found = parameter.secret ? '' : ", but it is ${describe(value)}"
        return "'${name}' must be ${expects}${found}".toString()
    }

    @NonCPS
    private static String describe(value) {
        if (isText(value)) {
            return "'${shown(value.toString())}'".toString()
        }
        if (value instanceof List) {
            return "the list ['${shown(value.join("', '"))}']".toString()
        }
        if (value instanceof Map) {
            List entries = []
            for (entry in value.entrySet()) {
                entries << "${entry.key}: ${entry.value}".toString()
            }
            return "the map [${shown(entries.join(', '))}]".toString()
        }
        return value instanceof Number || value instanceof Boolean ? value.toString() : "a ${value.getClass().getSimpleName()}".toString()
    }

    @NonCPS
    private static String shown(String text) {
        String line = text.replaceAll('\\p{Cntrl}', ' ')
        return line.length() > 60 ? line.substring(0, 57) + '...' : line
    }

    @NonCPS
    private static String shapeProblem(Map definition, Map named, boolean hasBody) {
        if (definition.shape == 'command') {
            return hasBody ? 'it takes no body' : null
        }
        if (definition.shape == 'block') {
            return hasBody ? null : "it needs a body: ${definition.name}(...) { ... }".toString()
        }
        List ways = definition.instead ? ['command', definition.instead] : ['command']
        int count = hasBody ? 1 : 0
        String choice = ''
        for (Object way in ways) {
            count += named.containsKey(way) ? 1 : 0
            choice += (choice ? ', ' : '') + "'${way}'"
        }
        if (count == 0) {
            return "it needs ${choice} or a body".toString()
        }
        return count == 1 ? null : "it takes ${choice} or a body, not ${count == 2 ? 'both' : 'all of them'}".toString()
    }

    @NonCPS
    private static String constraintProblem(Map definition, Map values, Map named, boolean hasBody) {
        for (Map constraint in definition.constraints) {
            String problem = constraint.kind == 'needs' ? needProblem(constraint, values, named, hasBody) : countProblem(constraint, named, hasBody)
            if (problem) {
                return problem
            }
        }
        return null
    }

    @NonCPS
    private static String needProblem(Map constraint, Map values, Map named, boolean hasBody) {
        boolean applies = holds(constraint.parameter, constraint.equals, values, named, hasBody)
        if (!applies || holds(constraint.needs, constraint.needsValue, values, named, hasBody)) {
            return null
        }
        return "${asked(constraint.parameter, constraint.equals)} needs ${asked(constraint.needs, constraint.needsValue)}: ${constraint.because}".toString()
    }

    @NonCPS
    private static boolean holds(String name, wanted, Map values, Map named, boolean hasBody) {
        if (name == 'body') {
            return hasBody
        }
        return wanted == null ? named.containsKey(name) : values[name] == wanted
    }

    @NonCPS
    private static String asked(String name, wanted) {
        if (name == 'body') {
            return 'a body'
        }
        return wanted == null ? "'${name}'".toString() : "'${name}: ${wanted}'".toString()
    }

    @NonCPS
    private static String countProblem(Map constraint, Map named, boolean hasBody) {
        int count = 0
        List names = []
        for (String name in constraint.of) {
            count = count + (holds(name, null, [:], named, hasBody) ? 1 : 0)
            names << asked(name, null)
        }
        if (count == 1 || (count == 0 && constraint.kind == 'atMostOne')) {
            return null
        }
        String because = constraint.because ? ": ${constraint.because}" : ''
        return "it takes ${constraint.kind == 'atMostOne' ? 'at most' : 'exactly'} one of ${names.join(', ')}${because}".toString()
    }

    /** The name that was most likely meant: one slip in three letters, a wrong case counts for nothing. */
    @NonCPS
    private static String nearest(String word, List names) {
        String best = null
        int fewest = 1000
        for (String name in names) {
            int longer = word.length() > name.length() ? word.length() : name.length()
            int slips = longer > 60 ? 1000 : countSlips(word.toLowerCase(), name.toLowerCase())
            if ((slips <= 1 || slips * 3 <= longer) && slips < fewest) {
                best = name
                fewest = slips
            }
        }
        return best
    }

    /** Insertions, deletions, replacements and swaps of neighbours between two words. */
    @NonCPS
    private static int countSlips(String from, String to) {
        List beforeLast = []
        List last = []
        for (int column = 0; column <= to.length(); column++) {
            last << column
        }
        for (int row = 1; row <= from.length(); row++) {
            List current = [row]
            for (int column = 1; column <= to.length(); column++) {
                boolean same = from.charAt(row - 1) == to.charAt(column - 1)
                int slips = last[column - 1] + (same ? 0 : 1)
                slips = current[column - 1] + 1 < slips ? current[column - 1] + 1 : slips
                slips = last[column] + 1 < slips ? last[column] + 1 : slips
                if (row > 1 && column > 1 && from.charAt(row - 1) == to.charAt(column - 2) && from.charAt(row - 2) == to.charAt(column - 1)) {
                    slips = beforeLast[column - 2] + 1 < slips ? beforeLast[column - 2] + 1 : slips
                }
                current << slips
            }
            beforeLast = last
            last = current
        }
        return last[to.length()]
    }
}
