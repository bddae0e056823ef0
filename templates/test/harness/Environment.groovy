/** The variables of a build, as hudson.EnvVars keeps them: names in any case, an empty value is none, PATH+NAME comes first. */
class Environment {
    final Map<String, String> values = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER)

    Environment(Map<String, String> values) {
        this.values.putAll(values)
    }

    /** Runs a body with further variables, each `NAME=value`. */
    Object with(List<String> entries, Closure body) {
        Map<String, String> before = new LinkedHashMap<String, String>(values)
        for (String entry in entries*.toString()) {
            int at = entry.indexOf('=')
            if (at < 1) {
                throw new IllegalArgumentException(entry)
            }
            set(entry.substring(0, at), entry.substring(at + 1))
        }
        try {
            return body()
        } finally {
            values.clear()
            values.putAll(before)
        }
    }

    private void set(String name, String value) {
        int plus = name.indexOf('+')
        String real = plus > 0 ? name.substring(0, plus) : name
        if (value == '') {
            values.remove(real)
        } else if (plus > 0 && values[real]) {
            values[real] = value + ':' + values[real]
        } else {
            values[real] = value
        }
    }

    /** What a process gets: hudson.Launcher replaces what looks like a variable in a value, and makes one dollar of two. */
    Map<String, String> expanded() {
        Map<String, String> result = [:]
        for (entry in values.entrySet()) {
            result[entry.key] = expand(entry.value)
        }
        return result
    }

    private String expand(String value) {
        return value.replaceAll(/[$](?:[$]|([A-Za-z0-9_]+)|[{]([A-Za-z0-9_.]+)[}])/) { String all, String bare, String braced ->
            String name = bare ?: braced
            return name == null ? '$' : values.containsKey(name) ? values[name] : all
        }
    }
}
