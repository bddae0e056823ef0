/** What Jenkins throws into a step when a build is aborted. */
class FlowInterruptedException extends InterruptedException {
    FlowInterruptedException() {
        super('the build was aborted')
    }
}
