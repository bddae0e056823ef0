import com.cloudbees.groovy.cps.NonCPS

/** What passes between Groovy and bash: values and credentials by the environment, results by a file. Calls no steps. */
class Exchange implements Serializable {
    private static final long serialVersionUID = 1L

    /** The environment in which the resource finds the values. An empty value unsets its variable, as Jenkins does. */
    @NonCPS
    static List variables(Map definition, Map values) {
        List variables = []
        for (entry in definition.parameters.entrySet()) {
            if (entry.value.type != 'credentials') {
                variables << (entry.value.variable + '=' + encode(text(values[entry.key])))
            }
        }
        return variables
    }

    /** What is to be bound: for each credential that was given its kind, the beginning of its variables and its id. */
    @NonCPS
    static List credentials(Map definition, Map values) {
        List credentials = []
        for (entry in definition.parameters.entrySet()) {
            if (entry.value.type == 'credentials' && values[entry.key]) {
                credentials << [kind: entry.value.kind, variable: entry.value.variable, id: values[entry.key]]
            }
        }
        return credentials
    }

    /** [values: what the step returns, environment: of the body, report: one line]. */
    @NonCPS
    static Map results(Map definition, String text) {
        Map values = [:]
        List environment = []
        String report = ''
        for (String line in text.split('\n')) {
            int at = line.indexOf('=')
            String name = at > 0 ? line.substring(0, at) : ''
            String value = decode(line.substring(at + 1))
            if (name == '.report') {
                report = value
            } else if (name.startsWith('.env.')) {
                environment << (name.substring(5) + '=' + value)
            } else if (definition.returns.containsKey(name)) {
                values[name] = typed(definition.returns[name], value)
            }
        }
        return [values: values, environment: environment, report: report]
    }

    @NonCPS
    private static String text(value) {
        if (value == null) {
            return ''
        }
        if (value instanceof Map) {
            List lines = []
            for (entry in value.entrySet()) {
                lines << (entry.key + '=' + entry.value)
            }
            return lines.join('\n')
        }
        return value instanceof List ? value.join('\n') : value.toString()
    }

    /** Jenkins replaces what looks like a variable in the environment of a process: hudson.EnvVars.overrideExpandingAll. */
    @NonCPS
    private static String encode(String text) {
        return text.replace('%', '%25').replace('$', '%24')
    }

    /** What `result` in the resource encodes. */
    @NonCPS
    private static String decode(String text) {
        return text.replace('%0A', '\n').replace('%25', '%')
    }

    @NonCPS
    private static List lines(String text) {
        List lines = []
        for (String line in text.split('\n')) {
            lines << line
        }
        return text == '' ? [] : lines
    }

    @NonCPS
    private static Object typed(String type, String value) {
        switch (type) {
            case 'integer':
                return value.matches('-?[0-9]{1,15}') ? value.toLong() : null
            case 'boolean':
                return value == 'true'
            case 'list':
                return lines(value)
            default:
                return value
        }
    }

    /** The name of a parameter that no process would take, or null. Linux takes 128 KiB in one variable. */
    @NonCPS
    static String tooLong(Map definition, Map values) {
        for (entry in definition.parameters.entrySet()) {
            if (encode(text(values[entry.key])).getBytes('UTF-8').length > 131000) {
                return entry.key
            }
        }
        return null
    }
}
