// An emulator of AWS Security Hub in a container, with org.testcontainers:testcontainers:2.0.5.

import java.nio.file.Path;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

public class SecurityHubContainer extends GenericContainer<SecurityHubContainer> {
    public static final String IMAGE = "securityhub-local:0.1.0";
    private static final int PORT = 4600;

    public SecurityHubContainer() {
        super(DockerImageName.parse(IMAGE));
        withExposedPorts(PORT);
        waitingFor(Wait.forHttp("/_emulator/health").forPort(PORT).forStatusCode(200));
    }

    /** Serves a scenario file instead of the quickstart of the image. */
    public SecurityHubContainer withScenario(Path file) {
        withCopyFileToContainer(MountableFile.forHostPath(file), "/scenario.yaml");
        return withCommand("serve", "--scenario", "/scenario.yaml");
    }

    /** The endpoint for AWS clients. The access key ID is the ID of the account. */
    public String endpoint() {
        return "http://" + getHost() + ":" + getMappedPort(PORT);
    }
}
